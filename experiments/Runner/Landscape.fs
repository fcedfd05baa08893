namespace Bnn.Experiments

open System
open Bnn

/// The training loss around a trained network (Li et al., 2018, "Visualizing the loss landscape of neural nets"): random directions, in each output
/// channel as long as its weights are. Latent weights are moved; a network that is binary in use binarizes them again at each point.
[<RequireQualifiedAccess>]
module Landscape =
    /// How finely it is measured.
    type private Grid =
        {
            /// Images whose mean loss is measured.
            Images: int
            /// Points along a side of the surface, over -1 to 1.
            Side: int
            /// Points along a line, over -1 to 1.
            Line: int
        }

    /// Where a script is only tried it is coarse.
    let private gridOf protocol =
        if protocol = Protocol.Quick then
            { Images = 32; Side = 5; Line = 9 }
        else
            { Images = 1_000; Side = 17; Line = 81 }

    /// Lines, each in a direction of its own.
    [<Literal>]
    let Lines = 3

    let private isMoved (weights: NamedWeights) =
        match weights.Group with
        | ParameterGroup.BinaryWeights
        | ParameterGroup.RealConvolutions -> true
        | ParameterGroup.Classifier -> weights.Shape.Count > 1
        | _ -> false

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let private length (numbers: float32[]) =
        numbers |> Array.sumBy (fun x -> float x * float x) |> sqrt

    /// A direction: normal numbers, each output channel scaled to the length of the weights'.
    let direction (seed: int) (weights: NamedWeights list) =
        let random = Random seed

        [
            for tensor in weights do
                let channel = tensor.Values.Length / int tensor.Shape[0]

                [|
                    for own in Array.chunkBySize channel tensor.Values do
                        let drawn = Array.init channel (fun _ -> float32 (normal random))
                        let factor = float32 (length own / length drawn)
                        yield! Array.map ((*) factor) drawn
                |]
        ]

    /// How much a line bends between its points, as a share of how much it rises and falls: mean |a - 2b + c| of neighbours a, b, c through mean |b - a| of
    /// neighbours a, b. 0 of a straight line, sqrt 3 of white noise, at most 2 but for the ends. A factor or a constant changes nothing. Neighbours of which one
    /// is not finite are left out; NaN where fewer than three finite ones stand together.
    let roughness (losses: float list) =
        let finite numbers = Array.forall Double.IsFinite numbers

        let neighbours count =
            losses |> List.toArray |> Array.windowed count |> Array.filter finite

        let bends = neighbours 3 |> Array.map (fun at -> abs (at[0] - 2.0 * at[1] + at[2]))
        let rises = neighbours 2 |> Array.map (fun at -> abs (at[1] - at[0]))

        if bends.Length = 0 then nan
        elif Array.forall ((=) 0.0) rises then 0.0
        else Array.average bends / Array.average rises

    /// So many steps from -1 to 1.
    let places count =
        List.init count (fun k -> 2.0 * float k / float (count - 1) - 1.0)

    /// What an analysis left: "surface" as rows, each over the second direction; empty where it left nothing.
    let surface (record: Record) =
        match Map.tryFind "surface" record.Analysis with
        | Some losses -> losses |> List.chunkBySize (losses.Length |> float |> sqrt |> round |> int)
        | None -> []

    /// "surface" (row by row, the first direction from row to row), "line 1" to "line 3", "roughness" (the mean of the lines').
    let analysis: Analysis =
        let measure (training: Training) (data: DataSplit) (model: BnnModel) =
            let grid = gridOf training.Protocol
            let images = data.Train.Take(min grid.Images data.Train.Count)
            let weights = model.Weights() |> Seq.filter isMoved |> List.ofSeq

            let directionOf k =
                direction (100 * int training.Seed + k) weights

            let lossAt (steps: (float * float32[] list) list) =
                let moved =
                    weights
                    |> List.mapi (fun k tensor ->
                        let values =
                            tensor.Values
                            |> Array.mapi (fun i w ->
                                steps |> List.fold (fun w (step, d) -> w + float32 step * d[k][i]) w)

                        NamedWeights(tensor.Name, tensor.Group, tensor.Shape, values))

                use there = model.WithWeights moved
                there.Evaluate(images).Loss

            let first, second = directionOf 1, directionOf 2

            let surface =
                [
                    for a in places grid.Side do
                        for b in places grid.Side -> lossAt [ a, first; b, second ]
                ]

            let lines =
                [
                    for k in 1..Lines ->
                        let d = directionOf k
                        [ for a in places grid.Line -> lossAt [ a, d ] ]
                ]

            [
                "surface", surface
                for k, line in List.indexed lines do
                    $"line %d{k + 1}", line
                "roughness", [ lines |> List.averageBy roughness ]
            ]
            |> Map.ofList

        {
            Name = "landscape"
            Price = 0.35
            Of = measure
        }
