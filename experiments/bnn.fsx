// Loaded by the scripts of this folder; needs `dotnet build -c Release` first.
#I "../Bnn.CSharp/bin/Release/net10.0"
#r "TorchSharp.dll"
#r "Bnn.Core.dll"
#r "Bnn.Files.dll"
#r "Bnn.Data.dll"
#r "Bnn.CSharp.dll"
#r "Spectre.Console.dll"
