#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// Fine-tuning: a network learns six of Fashion-MNIST's classes, then, from there and from drawn weights, the other four from few images of each.
// Options: --epochs 6 (each step)
using Bnn;

var epochs = args is ["--epochs", var number] ? int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) : 6;
const int Few = 10;
long[] seeds = [1, 2, 3, 4, 5];

// The images of some classes, at most so many of each.
static ImageSet Of(Examples all, int[] classes, int most)
{
    var chosen = classes.SelectMany((name, label) => Enumerable.Range(0, all.Count).Where(k => all.Label(k) == name).Take(most).Select(k => (k, label))).ToList();
    return new ImageSet(
        all.Channels, all.Height, all.Width, chosen.SelectMany(image => all[image.k].Pixels.ToArray()).ToArray(),
        chosen.Select(image => image.label).ToArray(), [.. classes.Select(name => all.Classes[name])]);
}

var (train, test) = (Data.FashionMnistSample().Load().Train, Data.FashionMnistSample().Load().Test);
int[] six = [0, 1, 2, 3, 4, 5], four = [6, 7, 8, 9];
var pretraining = Data.InMemory("six classes", Of(train, six, train.Count), Of(test, six, test.Count));
var few = Data.InMemory($"{Few} images of each of four classes", Of(train, four, Few), Of(test, four, test.Count));

new BnnTrainer().WithData(pretraining).TwoStep(epochs: epochs).SaveTo("runs/six-classes").WithProgress().Train().Model.Dispose();

var trainer = new BnnTrainer().WithData(few).WithBatch(16).TwoStep(epochs: epochs).WithEvaluation(0).WithDiagnostics(false);
foreach (var (name, start) in new[] { ("drawn weights", trainer), ("those of six classes", trainer.StartingFrom("runs/six-classes")) })
{
    var results = seeds.Select(seed => start.WithSeed(seed).Train()).ToList();
    results.ForEach(result => result.Model.Dispose());
    var top1 = results.Select(result => 100 * result.Stages[^1].Top1).ToList();
    Console.WriteLine(results[0].Start);
    Console.WriteLine(FormattableString.Invariant(
        $"starts from {name}: top-1 {top1.Average():F1} % on {few.Load().Test.Count:N0} test images, mean of {seeds.Length} seeds ({top1.Min():F1} to {top1.Max():F1})"));
}
