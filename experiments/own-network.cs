#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// A network of one's own: written, summarised, trained on Fashion-MNIST, saved, loaded and used. own-network.fsx is its twin in F#.
// Options: --epochs 6 (each step)
using Bnn;

var epochs = args is ["--epochs", var number] ? int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) : 6;

// A block of a binary 3x3 convolution in 4 groups beside a shortcut; where the width doubles, the shortcut is there twice.
Network Block(string name, int width, int stride) => Layers.Scope(name, Layers.Residual(
    Layers.Sign("sign", shifted: true)
        .Then(Layers.BinaryConvolution("conv", width, 3, stride: stride, groups: 4))
        .Then(Layers.BatchNorm("norm")),
    shortcut: stride == 1 ? Layers.Identity : Layers.MeanPool(2).Then(Layers.Branches(Layers.Identity, Layers.Identity)))
    .Then(Layers.PRelu("prelu")));

Network network = Layers.Convolution("stem", 32, 5, stride: 2)
    .Then(Layers.BatchNorm("norm"))
    .Then(Block("block1", 32, 1)).Then(Block("block2", 64, 2)).Then(Block("block3", 64, 1))
    .Then(Layers.GlobalMean())
    .Then(Layers.Linear("classifier", 10));

ModelDescription model = network.ToModel("own network", channels: 1, height: 28, width: 28);
Console.WriteLine(model.Summary());
new BnnTrainer().WithModel(model).WithAdam().TwoStep(wd: 5e-6, epochs: epochs).SaveTo("runs/own-network").WithProgress().Train();
using var loaded = BnnModel.Load("runs/own-network");
var test = Data.FashionMnistSample().Load().Test;
Console.WriteLine($"{test[0].ToText()}predicted: {loaded.Predict(test[0])}, truth: {test.Classes[test.Label(0)]}");
Console.WriteLine($"top-1 {100 * loaded.Evaluate(test).Top1:F1} %");
