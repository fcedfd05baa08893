#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// Prints what a file of weights holds (.pth, .pth.tar, .pt, .safetensors), its network's layers and cost, and how well it classifies.
// Options: --images FOLDER (the four files of Fashion-MNIST or MNIST), --step1 (the file's binary weights are still real)
// A file that the library has not written does not say how images are normalized: they are as the folder's training images need it.
using Bnn;

try
{
    var path = args.FirstOrDefault() ?? throw new BnnConfigurationException([new Fault("FILE", "missing", "a file of weights")]);
    var folder = args.SkipWhile(arg => arg != "--images").Skip(1).FirstOrDefault();
    var file = WeightsFile.Read(path);
    Console.WriteLine(file);
    if (file.Network is null)
    {
        return 0;
    }

    Console.WriteLine($"\n{file.Network.Summary()}");
    if (folder is not null)
    {
        var data = Data.FashionMnist(folder).Load();
        if (data.Test.Channels != file.Network.Channels)
        {
            throw new BnnConfigurationException([new Fault("--images", $"images of {data.Test.Channels} channels", $"images of {file.Network.Channels}, the network's")]);
        }

        var (means, deviations) = data.Train.MeanAndDeviation();
        using var model = file.IsDescribed ? BnnModel.Load(path) : BnnModel.Import(
            path, file.Network with { Height = data.Test.Height, Width = data.Test.Width },
            new ImportOptions { Classes = data.Test.Classes, Means = means, Deviations = deviations, BinaryWeights = !args.Contains("--step1") });
        var result = model.Evaluate(data.Test);
        Console.WriteLine(FormattableString.Invariant(
            $"\n{folder}: top-1 {result.Top1:F2} %, top-5 {result.Top5:F2} %, loss {result.Loss:F4} on {result.Count:N0} images"));
    }

    return 0;
}
catch (Exception e) when (e is BnnConfigurationException or BnnFileException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
