namespace Bnn.Core

/// All optimizers. One more costs its file with its row, its line in the compile list and its line here.
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

    /// The row's transform with these options, the rest at their defaults; an unknown option is a fault.
    let make (row: Row) (options: (string * float) list) =
        let known = row.Options |> List.map _.Name
        let allowed = String.concat ", " known

        match options |> List.filter (fun (name, _) -> not (List.contains name known)) with
        | [] ->
            let defaults = row.Options |> List.map (fun option -> option.Name, option.Default)
            let values = Map.ofList (defaults @ options)
            row.Make(fun name -> values[name])
        | unknown ->
            unknown
            |> List.map (fun (name, value) ->
                {
                    Name = $"{row.Name}: {name}"
                    Value = string value
                    Allowed = $"options named {allowed}"
                })
            |> Error
