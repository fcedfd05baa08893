namespace Bnn

open System.ComponentModel

/// All optimizers. One more costs its file with its row, and its line here.
[<EditorBrowsable(EditorBrowsableState.Never)>]
module Catalogue =
    /// Every row, in the order of the documentation.
    let all =
        [
            Sgd.row
            Adam.row
            Adam.decoupledRow
            Adamax.row
            NAdam.row
            RAdam.row
            AdaBelief.row
            Yogi.row
            Adan.row
            Lion.row
            SignSgd.row
            RmsProp.row
            Adagrad.row
            Adadelta.row
            Bop.row
        ]

    /// The row of this name, in any case.
    let tryFind (name: string) =
        all
        |> List.tryFind (fun row -> row.Name.Equals(name, System.StringComparison.OrdinalIgnoreCase))
