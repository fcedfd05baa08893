#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// Trains a binary network on ImageNet, or on other photographs in a folder for each class, as published.
// Options: --data FOLDER (train and val), --preset AdamBnn (or ReActNetA, ReActNet18), --model reactnet-a (or reactnet-18, bireal-18,
// strong-baseline; default: the preset's), --width 1 (times the network's), --size 224, --teacher FILE (torchvision's resnet18, 34 or 50),
// --epochs and --batch (default: the preset's), --micro-batches 1 (of a batch, for less memory), --seed 1, --device auto (or cpu, cuda), --workers,
// --out runs/imagenet (goes on with what was stopped there), --skip-damaged, --reference (do as the published code does),
// --dry-run (check everything, count images, time a few batches, estimate the whole run), --pictures FILE.png (eight training images)
using System.Globalization;
using Bnn;

string Option(string name, string value) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault(value);
T Number<T>(string name, string value, string allowed) where T : IParsable<T> =>
    T.TryParse(Option(name, value), CultureInfo.InvariantCulture, out var number) ? number
    : throw new BnnConfigurationException([new Fault(name, Option(name, value), allowed)]);
T OneOf<T>(string name, string value) where T : struct, Enum =>
    Enum.TryParse<T>(Option(name, value), ignoreCase: true, out var one) && Enum.IsDefined(one) ? one
    : throw new BnnConfigurationException([new Fault(name, Option(name, value), string.Join(", ", Enum.GetNames<T>()))]);
try
{
    var size = Number<int>("--size", "224", "1 to 4096");
    var data = Data.ImageFolder(Option("--data", "imagenet"), size, args.Contains("--skip-damaged"));
    var dataset = data.Load();
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{dataset.Train.Count:N0} training images, {dataset.Test.Count:N0} validation images, {dataset.Train.Classes.Count:N0} classes"));

    if (Option("--pictures", "") is { Length: > 0 } page)
    {
        var pictures = Enumerable.Range(0, 8).Select(k => dataset.Train.Augmented(k * dataset.Train.Count / 8, Augmentation.ImageNet, epoch: (ulong)k));
        PicturePage.Write(page, [.. pictures]);
        Console.WriteLine($"eight training images: {page}");
    }

    var trainer = Trainer(data, dataset.Train.Classes.Count, size);
    Console.WriteLine($"\n{trainer.Describe()}\n");
    if (args.Contains("--dry-run"))
    {
        Console.WriteLine(trainer.Estimate());
        return 0;
    }

    var result = trainer.WithProgress().Train();
    Console.WriteLine($"see {Path.Combine(result.Folder!, Report.FileName)}");
    return 0;
}
catch (Exception e) when (e is BnnConfigurationException or BnnFileException or BnnTrainingException or BnnStoppedException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

BnnTrainer Trainer(DataSource data, int classes, int size)
{
    var preset = OneOf<Preset>("--preset", "AdamBnn");
    var model = (Option("--model", preset == Preset.ReActNet18 ? "reactnet-18" : "reactnet-a") switch
    {
        "reactnet-a" => Models.ReActNetA(classes, 3, size),
        "reactnet-18" => Models.ReActNet18(classes, 3, size),
        "bireal-18" => Models.BiReal18(classes, 3, size),
        "strong-baseline" => Models.StrongBaseline(classes, 3, size),
        var other => throw new BnnConfigurationException([new Fault("--model", other, "reactnet-a, reactnet-18, bireal-18 or strong-baseline")]),
    }).Scaled(Number<double>("--width", "1", "a number above 0"));
    var trainer = new BnnTrainer().WithPreset(preset).WithModel(model).WithData(data)
        .WithSeed(Number<long>("--seed", "1", "a whole number of at least 0"))
        .WithDevice(OneOf<ComputeDevice>("--device", "auto"))
        .WithMicroBatches(Number<int>("--micro-batches", "1", "a whole number of at least 1"));
    trainer = Option("--batch", "") is { Length: > 0 } ? trainer.WithBatch(Number<int>("--batch", "", "a whole number of at least 2")) : trainer;
    trainer = Option("--workers", "") is { Length: > 0 } ? trainer.WithDataWorkers(Number<int>("--workers", "", "0 to 1024")) : trainer;
    trainer = Option("--teacher", "") is { Length: > 0 } file ? trainer.WithTeacher(BnnModel.Load(file)) : trainer;
    trainer = Option("--epochs", "") is { Length: > 0 }
        ? trainer.TwoStep(preset == Preset.AdamBnn ? 5e-6 : 1e-5, Number<int>("--epochs", "", "a whole number of at least 1")) : trainer;
    trainer = args.Contains("--reference") ? trainer.WithDeviations(preset switch
    {
        Preset.ReActNetA => Deviations.ReActNetA,
        Preset.ReActNet18 => Deviations.ReActNet18,
        _ => Deviations.AdamBnn,
    }) : trainer;
    return args.Contains("--dry-run") ? trainer : trainer.SaveTo(Option("--out", "runs/imagenet"));
}
