#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// Prints what a file of weights holds (.pth, .pth.tar, .pt, .safetensors, .bnn), its network's layers and cost, and how well it classifies.
// Options: --images FOLDER (a folder for each class, as ImageNet's val, or the four files of Fashion-MNIST or MNIST),
// --size 224 (of the network's images, where the file does not say), --step1 (the file's binary weights are still real)
// A file that the library has not written does not say how images are normalized: as ImageNet's, or as Fashion-MNIST's training images.
using Bnn;

string? Option(string name) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault();
try
{
    var path = args.FirstOrDefault() ?? throw new BnnConfigurationException([new Fault("FILE", "missing", "a file of weights")]);
    var file = WeightsFile.Read(path);
    Console.WriteLine(file);
    if (file.Network is not { } network)
    {
        return 0;
    }

    if (Option("--size") is { } text && !file.IsDescribed)
    {
        network = int.TryParse(text, out var size) ? network.WithInput(network.Channels, size, size)
            : throw new BnnConfigurationException([new Fault("--size", text, "a whole number of at least 1")]);
    }

    Console.WriteLine($"\n{network.Summary()}");
    if (Option("--images") is { } folder)
    {
        var isIdx = Directory.Exists(folder) && Directory.EnumerateFiles(folder, "t10k-images-idx3-ubyte*").Any();
        var images = isIdx ? Data.FashionMnist(folder).Load().Test : Data.TestFolder(folder, network.Height);
        var (means, deviations) = isIdx ? Data.FashionMnist(folder).Load().Train.MeanAndDeviation() : images.MeanAndDeviation();
        if (images.Channels != network.Channels || images.Classes.Count != network.Classes)
        {
            throw new BnnConfigurationException([new Fault(
                "--images", $"images of {images.Channels} channels and {images.Classes.Count} classes", $"{network.Channels} channels and {network.Classes} classes, the network's")]);
        }

        using var model = file.IsDescribed ? BnnModel.Load(path) : BnnModel.Import(
            path, network.WithInput(network.Channels, images.Height, images.Width),
            new ImportOptions { Classes = images.Classes, Means = means, Deviations = deviations, BinaryWeights = !args.Contains("--step1") });
        var result = model.Evaluate(images);
        Console.WriteLine(FormattableString.Invariant(
            $"\n{folder}: top-1 {100 * result.Top1:F2} %, top-5 {100 * result.Top5:F2} %, loss {result.Loss:F4} on {result.Count:N0} images"));
    }

    return 0;
}
catch (Exception e) when (e is BnnConfigurationException or BnnFileException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
