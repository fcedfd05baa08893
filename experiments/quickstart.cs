#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// Trains a binary network in two steps on Fashion-MNIST, loads it and classifies a picture.
// Options: --epochs 6 (each step), --data FOLDER (the full set instead of the sample), --out runs/quickstart
using Bnn;

string Option(string name, string value) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault(value);
try
{
    var folder = Option("--out", "runs/quickstart");
    var data = Option("--data", "") is { Length: > 0 } path ? Data.FashionMnist(path) : Data.FashionMnistSample();
    var epochs = int.TryParse(Option("--epochs", "6"), out var number) ? number
        : throw new BnnConfigurationException([new Fault("--epochs", Option("--epochs", "6"), "a whole number of at least 1")]);
    new BnnTrainer()
        .WithData(data)
        .WithAdam()
        .TwoStep(wd: 5e-6, epochs: epochs)
        .SaveTo(folder)
        .WithProgress()
        .Train();
    using var model = BnnModel.Load(folder);
    var test = data.Load().Test;
    Console.WriteLine($"{test[0].ToText()}predicted: {model.Predict(test[0])}, truth: {test.Classes[test.Label(0)]}; see {Path.Combine(folder, Report.FileName)}");
    return 0;
}
catch (Exception e) when (e is BnnConfigurationException or BnnFileException or BnnTrainingException or BnnStoppedException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
