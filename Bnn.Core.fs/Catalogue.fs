namespace Bnn.Core

/// An optimizer's row: everything that tests, documentation and builders need to know of it.
type Row =
    {
        Name: string
        /// Paper, year and equation or algorithm.
        Source: string
        /// Options with their defaults; a flag is 0 or 1.
        Options: (string * float) list
        /// The transform for option values; faults where one is out of range.
        Make: (string -> float) -> Result<Rule, Fault list>
    }

/// All optimizers. One more costs its file, its line in the compile list and its row here.
module Catalogue =
    let private checkedRule faults rule options =
        match faults options with
        | [] -> Ok(rule options)
        | faults -> Error faults

    let private flag name value =
        Fault.unless (value = 0.0 || value = 1.0) name (string value) "0 or 1"

    let private flagged flags get result =
        match flags |> List.collect (fun name -> flag name (get name)), result with
        | [], result -> result
        | faults, Ok _ -> Error faults
        | faults, Error others -> Error(faults @ others)

    let private number (isSet: bool) = if isSet then 1.0 else 0.0

    let sgd =
        let d = Sgd.defaults

        {
            Name = "SGD"
            Source = "Sutskever et al., ICML 2013, equations 1 to 4, as torch.optim.SGD"
            Options =
                [
                    "momentum", d.Momentum
                    "dampening", d.Dampening
                    "nesterov", number d.Nesterov
                ]
            Make =
                fun get ->
                    checkedRule
                        Sgd.validate
                        Sgd.rule
                        {
                            Momentum = get "momentum"
                            Dampening = get "dampening"
                            Nesterov = get "nesterov" <> 0.0
                        }
                    |> flagged [ "nesterov" ] get
        }

    let adam =
        let d = Adam.defaults

        {
            Name = "Adam"
            Source = "Kingma and Ba, ICLR 2015, algorithm 1; AMSGrad: Reddi et al., ICLR 2018, algorithm 2"
            Options =
                [
                    "beta1", d.Beta1
                    "beta2", d.Beta2
                    "epsilon", d.Epsilon
                    "amsGrad", number d.AmsGrad
                ]
            Make =
                fun get ->
                    checkedRule
                        Adam.validate
                        Adam.rule
                        {
                            Beta1 = get "beta1"
                            Beta2 = get "beta2"
                            Epsilon = get "epsilon"
                            AmsGrad = get "amsGrad" <> 0.0
                        }
                    |> flagged [ "amsGrad" ] get
        }

    /// Every row, in the order of the documentation.
    let all = [ sgd; adam ]

    /// The row of this name, in any case.
    let tryFind (name: string) =
        all
        |> List.tryFind (fun row -> row.Name.Equals(name, System.StringComparison.OrdinalIgnoreCase))

    /// The row's transform with these options, the rest at their defaults; an unknown option is a fault.
    let make (row: Row) (options: (string * float) list) =
        let known = List.map fst row.Options
        let allowed = String.concat ", " known

        match options |> List.filter (fun (name, _) -> not (List.contains name known)) with
        | [] ->
            let values = Map.ofList (row.Options @ options)
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
