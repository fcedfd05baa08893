namespace Bnn.Experiments

/// Two trainings that differ in one thing, seed by seed.
[<RequireQualifiedAccess>]
module Contrast =
    /// Top-1 on the test images; of a run that diverged that of a guess among ten classes.
    let top1 (record: Record) =
        if record.Failure <> "" then 0.1 else record.TestTop1

    /// A number of each seed's record; None while one is missing, or the training is not known yet.
    let numbers (number: Record -> float) (scale: Scale) (find: Find) (training: Training option) =
        training
        |> Option.bind (Find.seeds find scale.Seeds)
        |> Option.map (List.map number)

    /// How many seeds of both are there.
    let private count (scale: Scale) (find: Find) (trainings: Training option list) =
        trainings
        |> List.map (Option.map (Find.count find scale.Seeds) >> Option.defaultValue 0)
        |> List.min

    /// What became of "a's number is greater than b's".
    /// <param name="say">A number in words.</param>
    /// <param name="sayDifference">The interval of the differences in words.</param>
    let greater say sayDifference number scale find (nameA, a) (nameB, b) =
        match numbers number scale find a, numbers number scale find b with
        | Some ofA, Some ofB ->
            let difference = Interval.ofDifferences ofA ofB

            Verdict.above
                $"{nameA} {say (List.average ofA)}, {nameB} {say (List.average ofB)}; difference {sayDifference difference}"
                difference
        | _ -> Verdict.waiting (count scale find [ a; b ])

    /// "a is more accurate than b" on the test images.
    let moreAccurate scale find a b =
        greater Show.percent Show.points top1 scale find a b

    /// "SGD's number is greater than Adam's", of their trainings.
    let sgdAboveAdam say sayDifference (training: string -> Training option) number scale find =
        greater say sayDifference number scale find ("SGD", training "SGD") ("Adam", training "Adam")
