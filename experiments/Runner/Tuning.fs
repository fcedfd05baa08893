namespace Bnn.Experiments

/// Rates and decays are chosen on held-out images, by screening runs.
[<RequireQualifiedAccess>]
module Tuning =
    /// A training as screening runs it.
    let screening (scale: Scale) (training: Training) =
        { training with
            Images = scale.ScreeningImages
            Steps =
                [
                    for step in training.Steps ->
                        { step with
                            Epochs = step.Epochs * scale.ScreeningEpochs / scale.Epochs
                        }
                ]
            Protocol =
                if scale.Protocol = Protocol.Quick then
                    Protocol.Quick
                else
                    Protocol.Screening
        }

    /// Top-1 on the held-out images at the end; 0 where it diverged.
    let score (record: Record) =
        if record.Failure <> "" then
            0.0
        else
            (List.last record.Steps).HeldOutTop1

    /// All seeds of all candidates.
    let runs (scale: Scale) (candidates: Training list) =
        [
            for candidate in candidates do
                for seed in scale.ScreeningSeeds ->
                    { screening scale candidate with
                        Seed = seed
                    }
        ]

    /// The candidate with the best mean score; None where a run is missing.
    let best (scale: Scale) (find: Find) (candidates: Training list) =
        let scored =
            [
                for candidate in candidates ->
                    Find.seeds find scale.ScreeningSeeds (screening scale candidate)
                    |> Option.map (fun records -> candidate, List.averageBy score records)
            ]

        if List.forall Option.isSome scored then
            scored |> List.choose id |> List.maxBy snd |> fst |> Some
        else
            None
