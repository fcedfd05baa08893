namespace Bnn.Experiments

open System.IO

/// What a run costs, in core-seconds.
[<RequireQualifiedAccess>]
module Price =
    /// Image passes of a training.
    let passes (places: Places) (training: Training) =
        let images =
            if training.Images > 0 then
                training.Images
            else
                (DataSets.load places.Data training.Data).Train.Count

        float images * float training.Epochs

    let private kind (training: Training) =
        training.Data, training.Network, training.Teacher.IsSome

    let private median (numbers: float list) = (List.sort numbers)[numbers.Length / 2]

    /// Prices of a training and of its analysis: by the median of what runs of that data and network took, or where there is none by trying a few batches.
    let private table (places: Places) (records: Record list) =
        let measured =
            records
            |> List.filter (fun r -> r.Failure = "" && r.Training.Analysis = "")
            |> List.groupBy (fun r -> kind r.Training)
            |> List.map (fun (kind, records) ->
                kind, records |> List.map (fun r -> r.Seconds / passes places r.Training) |> median)
            |> dict
            |> System.Collections.Generic.Dictionary

        let secondsAPass (training: Training) =
            match measured.TryGetValue(kind training) with
            | true, seconds -> seconds
            | _ ->
                let trainer, _ =
                    Run.trainer
                        places
                        { training with
                            Images = 640
                            Teacher = None
                        }

                let estimate = trainer.Estimate 4

                let seconds =
                    estimate.Stages |> Seq.averageBy (fun stage -> 1.0 / stage.ImagesPerSecond)

                measured[kind training] <- seconds
                seconds

        fun (training: Training) ->
            let analysis =
                places.Analyses
                |> List.tryFind (fun a -> a.Name = training.Analysis)
                |> Option.map _.Price
                |> Option.defaultValue 0.0

            let seconds = secondsAPass training * passes places training
            seconds, analysis * seconds

    /// Whether the finished training's network is on this machine, where analyses find it.
    let private isTrained places training =
        File.Exists(Path.Combine(Run.folder places training, "result.json"))

    /// The price of each of a list of runs, in its order: what is trained and analysed is trained once, and a network that is not on this machine any more again.
    let ofAll (places: Places) (records: Record list) (trainings: Training list) =
        let price = table places records

        let next trained training =
            let plain = Training.hash (Training.plain training)
            let ofTraining, ofAnalysis = price training

            if Set.contains plain trained || isTrained places training then
                ofAnalysis, trained
            else
                ofTraining + ofAnalysis, Set.add plain trained

        List.mapFold next Set.empty trainings |> fst
