#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// Trains a binary network in two steps on CIFAR-10's photographs.
// Options: --data FOLDER (cifar10-train.tar, cifar10-test.tar and classes.txt, or the binary version's files), --epochs 10 (each step),
// --batch 64, --rate 1e-2, --model small (or binary-resnet-20, binarynet), --seed 1, --out runs/cifar10
using System.Globalization;
using Bnn;

string Option(string name, string value) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault(value);
T Number<T>(string name, string value, string allowed) where T : IParsable<T> =>
    T.TryParse(Option(name, value), CultureInfo.InvariantCulture, out var number) ? number
    : throw new BnnConfigurationException([new Fault(name, Option(name, value), allowed)]);
try
{
    var folder = Option("--data", "cifar10");
    var (train, test) = (Path.Join(folder, "cifar10-train.tar"), Path.Join(folder, "cifar10-test.tar"));
    var data = File.Exists(train) ? Data.TarShards(train, test) : Data.Cifar10(folder);
    var model = Option("--model", "small") switch
    {
        "small" => Models.ReActNet([(32, 1), (64, 2), (128, 2), (128, 1), (256, 2)], 10, 3, 32),
        "binary-resnet-20" => Models.BinaryResNet20(),
        "binarynet" => Models.BinaryNet(),
        var other => throw new BnnConfigurationException([new Fault("--model", other, "small, binary-resnet-20 or binarynet")]),
    };
    var result = new BnnTrainer()
        .WithData(data)
        .WithModel(model)
        .WithAugmentation(Augmentation.Cifar)
        .WithAdam(learningRate: Number<double>("--rate", "1e-2", "a number above 0"))
        .TwoStep(wd: 5e-6, epochs: Number<int>("--epochs", "10", "a whole number of at least 1"))
        .WithBatch(Number<int>("--batch", "64", "a whole number of at least 2"))
        .WithSeed(Number<long>("--seed", "1", "a whole number of at least 0"))
        .SaveTo(Option("--out", "runs/cifar10"))
        .WithProgress()
        .Train();
    Console.WriteLine($"see {Path.Combine(result.Folder!, Report.FileName)}");
    return 0;
}
catch (Exception e) when (e is BnnConfigurationException or BnnFileException or BnnTrainingException or BnnStoppedException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
