namespace Bnn.Experiments

/// Pictures of what trainings reached, side by side.
[<RequireQualifiedAccess>]
module IntervalPlot =
    /// Test top-1 of kinds of training, by name and colour: the mean with its 95 % interval, and each seed. None while a run is missing.
    let draw (title: string) (scale: Scale) (find: Find) (kinds: (string * string * Training option) list) =
        let numbers =
            [
                for _, _, training in kinds -> Contrast.numbers Contrast.top1 scale find training
            ]

        if numbers |> List.forall Option.isSome then
            let plot = Chart.create title "" "test top-1, %"
            Chart.categories plot [ for name, _, _ in kinds -> name ]

            for k, ((_, color, _), numbers) in List.indexed (List.zip kinds (List.choose id numbers)) do
                Chart.interval plot "" color (float k) (List.map ((*) 100.0) numbers)

            Some plot
        else
            None
