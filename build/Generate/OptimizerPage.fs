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

        $"| {row.Name} | {options} | {Notation.number row.LearningRate} | {string row.Decay |> _.ToLowerInvariant()} | {row.Source} |"

    [
        "# Optimizers"
        ""
        "<!-- Written by build/Generate from the catalogue of Bnn.Core. -->"
        "Each row is a file in Bnn.Core.fs/Rules with its formula, its equation in the paper, and where the reference departs from it;"
        "`Rules.X(...)` in C# is the transform, `BnnTrainer.WithX(...)` trains with it."
        ""
        "| optimizer | options and defaults | learning rate | weight decay | source |"
        "|---|---|---|---|---|"
        yield! Catalogue.all |> List.map line
        ""
    ]
    |> String.concat "\n"
