namespace Bnn.Experiments

/// A line of a picture by epochs: what of which training.
type EpochCurve =
    {
        Label: string
        Color: string
        IsDashed: bool
        /// None while its rate is not known.
        Training: Training option
        Number: Epoch -> float
    }

/// Pictures of what changes from epoch to epoch.
[<RequireQualifiedAccess>]
module EpochPlot =
    /// Adam's and SGD's line of the same number.
    let ofOptimizers (training: string -> Training option) number =
        [
            for name in [ "Adam"; "SGD" ] ->
                {
                    Label = name
                    Color = Chart.ofOptimizer name
                    IsDashed = false
                    Training = training name
                    Number = number
                }
        ]

    /// For each curve the mean of the seeds and their range; epochs of several steps one after another. Runs that diverged are left out. None while a run is missing.
    let draw (title: string) (y: string) (curves: EpochCurve list) (scale: Scale) (find: Find) =
        let records =
            curves
            |> List.map (fun curve ->
                curve.Training
                |> Option.bind (Find.seeds find scale.Seeds)
                |> Option.map (List.filter (fun record -> record.Failure = "")))

        if records |> List.forall Option.isSome then
            let plot = Chart.create title "epoch" y

            records
            |> List.choose id
            |> List.concat
            |> List.map _.Epochs.Length
            |> List.append [ 1 ]
            |> List.max
            |> Chart.countAcross plot

            for curve, records in List.zip curves (List.choose id records) do
                if not records.IsEmpty then
                    Chart.seeds
                        plot
                        curve.Label
                        curve.Color
                        curve.IsDashed
                        [ for k in 1 .. records.Head.Epochs.Length -> float k ]
                        [ for record in records -> List.map curve.Number record.Epochs ]

            Some plot
        else
            None

    /// The same with a legend in a corner.
    let withLegend corner title y curves scale find =
        draw title y curves scale find
        |> Option.map (fun plot ->
            Chart.legend plot corner
            plot)
