// Loaded by the scripts that re-run the paper; needs `dotnet build -c Release` first.
#I "Runner/bin/Release/net10.0"
#r "TorchSharp.dll"
#r "Bnn.Core.dll"
#r "Bnn.CSharp.dll"
#r "ScottPlot.dll"
#r "SkiaSharp.dll"
#r "MathNet.Numerics.dll"
#r "Bnn.Experiments.dll"
