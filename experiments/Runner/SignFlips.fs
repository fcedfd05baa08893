namespace Bnn.Experiments

open System
open Bnn

/// Is the magnitude of a latent weight the confidence of its sign? Signs of a trained network are flipped, without training, in three orders.
[<RequireQualifiedAccess>]
module SignFlips =
    /// Shares of each layer's signs that are flipped.
    let shares = [ 0.0; 0.05; 0.1; 0.2; 0.4 ]

    let leastFirst = "least confident first"
    let atRandom = "at random"
    let mostFirst = "most confident first"

    /// The weights with the signs of those places turned that come first in an order.
    let flipped (share: float) (order: int[]) (values: float32[]) =
        let changed = Array.copy values

        for place in Array.truncate (int (round (share * float values.Length))) order do
            changed[place] <- -changed[place]

        changed

    let private orders (random: Random) (values: float32[]) =
        let byMagnitude =
            Array.init values.Length id |> Array.sortBy (fun k -> abs values[k])

        let shuffled = Array.init values.Length id
        random.Shuffle shuffled

        [
            leastFirst, byMagnitude
            atRandom, shuffled
            mostFirst, Array.rev byMagnitude
        ]

    /// For each order the top-1 on the held-out images by share; "shares" is the shares.
    let analysis: Analysis =
        let measure (training: Training) (data: DataSplit) (model: BnnModel) =
            let random = Random(int training.Seed)

            let weights =
                model.Weights()
                |> Seq.filter (fun w -> w.Group = ParameterGroup.BinaryWeights)
                |> Seq.map (fun w -> w, orders random w.Values |> Map.ofList)
                |> List.ofSeq

            let top1 order share =
                let changed =
                    [
                        for tensor, orders in weights ->
                            NamedWeights(
                                tensor.Name,
                                tensor.Group,
                                tensor.Shape,
                                flipped share (Map.find order orders) tensor.Values
                            )
                    ]

                use there = model.WithWeights changed
                there.Evaluate(data.HeldOut).Top1

            [
                "shares", shares
                for order in [ leastFirst; atRandom; mostFirst ] do
                    order, List.map (top1 order) shares
            ]
            |> Map.ofList

        {
            Name = "sign flips"
            Price = 0.05
            Of = measure
        }
