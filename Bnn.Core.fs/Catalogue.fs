namespace Bnn

/// What users choose by name.
[<EditorBrowsable(Never)>]
module Catalogue =
    let private home name =
        typeof<Expr>.Assembly.GetType($"Bnn.{name}", throwOnError = true)

    /// All optimizers, in the order of the documentation. One more costs its file with its row, and its line here.
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

    /// What the builder puts beside an optimizer that is for binary weights only: it updates all other weights.
    let companion = Adam.row

    /// The optimizer of this name, in any case.
    let tryFind (name: string) =
        all
        |> List.tryFind (fun row -> row.Name.Equals(name, System.StringComparison.OrdinalIgnoreCase))

    /// Schedules of a stage: the functions of `Schedule` that have an `Entry`. `Schedule.steps` and `Schedule.join` take lists.
    let schedules = Entry.values<Expr>(home "Schedule")

    /// What makes another schedule of a schedule.
    let scheduleChanges = Entry.changes<Expr>(home "Schedule")

    /// Signs and what else there is for activations and, with a scale, for weights.
    let binarizers = Entry.values<Binarizer>(home "BinarizerModule")

    /// Weights with their scales.
    let weightBinarizers = Entry.values<Binarizer>(home "WeightBinarizer")
