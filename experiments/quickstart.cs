#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
using Bnn;

var data = Data.FashionMnistSample();
var trainer = new BnnTrainer()
    .WithData(data)
    .WithAdam()
    .TwoStep(wd: 5e-6, epochs: args.Length > 0 ? int.Parse(args[0]) : 8)
    .SaveTo("runs/quickstart")
    .ShowProgress();
Console.WriteLine(trainer.Describe());
trainer.Train();
var model = BnnModel.Load("runs/quickstart");
var test = data.Load().Test;
Console.WriteLine($"predicted: {model.Predict(test[0])}; true: {test.Classes[test.Label(0)]}");
Console.WriteLine(model.Evaluate(data));
