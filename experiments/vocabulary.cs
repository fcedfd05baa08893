#!/usr/bin/env -S dotnet run -c Release
#:project ../Bnn.CSharp
// Every noun of the library from C#: formulas, rules, binarizers, weight decay, stages, recipes, faults; composed, written, read back
// and trained. vocabulary.fsx is the same in F#, with the same types, and prints the same.
using Bnn;

// A schedule is a formula over t and T; a plain number is one too.
Expr rate = Schedules.Linear(1e-2).WarmUp(10, first: 0.1);
Console.WriteLine($"schedule  {rate.ToText()}");
Console.WriteLine($"          reads back: {Schedules.Parse(rate.ToText()).Equals(rate)}");

// A rule says what becomes of a gradient and of a weight; each group may have its own.
Rule adam = Rules.ClipGlobalNorm(5).Then(Rules.Adam(beta2: 0.99)).Then(Rules.Descend(rate));
Rule rule = Rules.Partition(adam, (Rules.Sgd().Then(Rules.Descend(0.05)), [ParameterGroup.Norms]));
Console.WriteLine(rule.For(ParameterGroup.Norms));
Console.WriteLine($"rule      reads back: {Rules.FromJson(rule.ToJson()).Equals(rule)}");

// All that is wrong is said at once, before anything runs.
foreach (Fault fault in Rules.Descend(0.1).Then(Rules.Adam()).Validate())
{
    Console.WriteLine($"fault     {fault}");
}

// A binarizer has few values and a surrogate gradient.
Binarizer weights = Binarizers.Ede().WithScale(WeightScale.InValueOnly);
Console.WriteLine($"binarizer {weights}");
Console.WriteLine($"          {string.Join(", ", weights.Apply([-0.5, 0.25, 1]).Select(Text))}");

// A recipe is stages; each says what is binary, how weights decay and where they start.
WeightDecay decay = WeightDecay.Decoupled(Schedules.Cosine(1e-3)).On(ParameterGroup.BinaryWeights);
Recipe recipe = Recipe.Create(
    "mine",
    Stage.Create("real weights", binaryActivations: true, binaryWeights: false, epochs: 1, decay, binaryStart: BinaryStart.Fresh),
    Stage.Create("all binary", binaryActivations: true, binaryWeights: true, epochs: 1));
Console.WriteLine($"decay     {decay.Kind} {decay.Rate}");
Console.WriteLine($"recipe    reads back: {Recipes.FromJson(recipe.ToJson()).Equals(recipe)}");

// All of it goes into a training as it is.
var sample = Data.FashionMnistSample().Load();
var result = new BnnTrainer()
    .WithData(Data.InMemory("a few", sample.Train.Take(1024), sample.Test.Take(512)))
    .WithOptimizer(rule)
    .WithRecipe(recipe)
    .WithDeviations(Deviations.DecaysShifts)
    .Train();
using var model = result.Model;
foreach (var epoch in result.Epochs)
{
    Quartiles spread = epoch.Diagnostics!.Layers[0].Cam;
    Console.WriteLine($"{epoch.Stage}: loss {Text(epoch.Loss)}, top-1 {Text(epoch.Top1)}, rate {Text(epoch.LearningRate)}, median of CAM {Text(spread.Median)}");
}

static string Text(double number) => number.ToString("F4", System.Globalization.CultureInfo.InvariantCulture);
