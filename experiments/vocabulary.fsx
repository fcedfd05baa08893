// Every noun of the library from F#: formulas, rules, binarizers, weight decay, stages, recipes, faults; composed, written, read back
// and trained. vocabulary.cs is the same in C#, with the same types, and prints the same.
// First `dotnet build -c Release`, then `dotnet fsi experiments/vocabulary.fsx`.
#load "bnn.fsx"

open Bnn

let text (number: float) =
    number.ToString("F4", System.Globalization.CultureInfo.InvariantCulture)

// A schedule is a formula over t and T.
let rate = Schedule.linear 1e-2 0.0 |> Schedule.warmUp 10 0.1
printfn $"schedule  {Print.expr rate}"
printfn $"          reads back: {Parse.schedule (Print.expr rate) = Ok rate}"

// A rule says what becomes of a gradient and of a weight; each group may have its own.
let adam =
    Gradient.clipGlobalNorm 5.0
    >=> Adam.rule { Adam.defaults with Beta2 = 0.99 }
    >=> Rule.descend rate

let sgd = Sgd.rule Sgd.defaults >=> Rule.descend (Schedule.constant 0.05)
let rule = Rule.partition [ ([ ParameterGroup.Norms ], sgd) ] adam
printfn $"{Rule.specialize ParameterGroup.Norms rule}"
printfn $"rule      reads back: {ValueJson.toRule (ValueJson.ofRule rule) = Ok rule}"

// All that is wrong is said at once, before anything runs.
for fault in RuleChecks.validate (Rule.descend (Schedule.constant 0.1) >=> Adam.rule Adam.defaults) do
    printfn $"fault     {fault}"

// A binarizer has few values and a surrogate gradient.
let weights =
    Binarizer.ede Binarizer.edeSharpness |> Scale.valueOnly (Scale.mean Channel)

let values = weights.Apply [ -0.5; 0.25; 1.0 ] |> Seq.map text |> String.concat ", "
printfn $"binarizer {weights}"
printfn $"          {values}"

// A recipe is stages; each says what is binary, how weights decay and where they start.
let decay =
    WeightDecay.decoupled (Schedule.cosine 1e-3 0.0)
    |> WeightDecay.ofGroups [ ParameterGroup.BinaryWeights ]

let stage name binaryWeights decay start =
    {
        Name = name
        BinaryActivations = true
        BinaryWeights = binaryWeights
        Weights = None
        Activations = None
        Places = []
        WeightDecay = decay
        Schedule = None
        Epochs = 1
        BinaryStart = start
        KeepsBest = false
    }

let recipe =
    Recipe.Create(
        "mine",
        stage "real weights" false decay BinaryStart.Fresh,
        stage "all binary" true WeightDecay.none BinaryStart.Inherited
    )

printfn $"decay     {decay.Kind} {decay.Rate}"
printfn $"recipe    reads back: {ValueJson.toRecipe (ValueJson.ofRecipe recipe) = Ok recipe}"

// All of it goes into a training as it is.
let sample = Data.FashionMnistSample().Load()

let result =
    BnnTrainer()
        .WithData(Data.InMemory("a few", sample.Train.Take 1024, sample.Test.Take 512))
        .WithOptimizer(rule)
        .WithRecipe(recipe)
        .WithDeviations(Deviations.DecaysShifts)
        .Train()

for epoch in result.Epochs do
    let spread: Quartiles = epoch.Diagnostics.Layers[0].Cam

    printfn
        $"{epoch.Stage}: loss {text epoch.Loss}, top-1 {text epoch.Top1}, rate {text epoch.LearningRate}, median of CAM {text spread.Median}"
