/// The page of optimizers: a table of the catalogue.
module Bnn.Generate.OptimizerPage

open Bnn
open Bnn.Generate.Text

/// docs/optimizers.md.
let page =
    let line (row: OptimizerRow) =
        let options =
            row.Options
            |> List.map (fun option -> $"{option.Name} {shown option}")
            |> String.concat ", "

        let rate, decay =
            Notation.number row.LearningRate, string row.Decay |> _.ToLowerInvariant()

        let rate, decay =
            if row.IsForBinaryWeights then
                $"{rate}, {Catalogue.companion.Name}'s", $"{decay}, of other weights alone"
            else
                rate, decay

        $"| {row.Name} | {options} | {rate} | {decay} | {row.Source} |"

    [
        "# Optimizers"
        ""
        "<!-- Written by build/Generate from the catalogue of Bnn.Core. -->"
        "Each row is a file in Bnn.Core.fs/Optimizers/Rules with its formula, its equation in the paper, and where the reference departs from it;"
        "`Rules.X(...)` in C# is the transform, `BnnTrainer.WithX(...)` trains with it."
        ""
        "Options have the defaults of the papers. Learning rates are tuned on held-out images of the built-in sample, for trainings of a few epochs: what each"
        "rate gave is in [experiments/results/learning-rate.md](../experiments/results/learning-rate.md). Most are far above what is published for long trainings"
        "of real networks (RAdam 1e-3, Lion 1e-4), and for those of hundreds of epochs smaller ones may serve better."
        ""
        for row in Catalogue.all |> List.filter _.IsForBinaryWeights do
            let companion = Catalogue.companion.Name

            $"{row.Name} is for binary weights alone. `With{pascal row.Name}` pairs it with {companion}, by its defaults: the learning rate is {companion}'s, which updates all other weights, and in a"
            "stage with real weights (step 1 of two steps) the binary layers' too, as there is no sign to flip. Weights that flip do not decay. In a training of your own"
            "`Rules.Partition` pairs it with any rule."
            ""
        "| optimizer | options and defaults | learning rate | weight decay | source |"
        "|---|---|---|---|---|"
        yield! Catalogue.all |> List.map line
        ""
    ]
    |> String.concat "\n"
