namespace Bnn.Experiments

open System
open Bnn

/// Is the magnitude of a latent weight the confidence of its sign? Signs of a trained network are flipped, without training, in three
/// orders, of a layer's weights and of each output channel's: channels differ in their scaling factors, and an order within them touches all alike.
[<RequireQualifiedAccess>]
module SignFlips =
    /// Shares of each layer's signs that are flipped.
    let shares = [ 0.0; 0.05; 0.1; 0.2; 0.4 ]

    let leastFirst = "least confident first"
    let atRandom = "at random"
    let mostFirst = "most confident first"
    let leastOfChannels = "least confident of each channel"
    let mostOfChannels = "most confident of each channel"

    /// The weights with the signs of those places turned that come first in each of these orders of places.
    let flipped (share: float) (orders: int[] list) (values: float32[]) =
        let changed = Array.copy values

        for order in orders do
            for place in Array.truncate (int (round (share * float order.Length))) order do
                changed[place] <- -changed[place]

        changed

    /// The places of so many output channels, whose weights lie one channel after the other.
    let channels count (values: float32[]) =
        List.ofArray (Array.splitInto count (Array.init values.Length id))

    let private orders (random: Random) count (values: float32[]) =
        let magnitude k = abs values[k]
        let layer = Array.init values.Length id
        let ofChannels = channels count values
        let shuffled = Array.copy layer
        random.Shuffle shuffled

        [
            leastFirst, [ Array.sortBy magnitude layer ]
            atRandom, [ shuffled ]
            mostFirst, [ Array.sortByDescending magnitude layer ]
            leastOfChannels, List.map (Array.sortBy magnitude) ofChannels
            mostOfChannels, List.map (Array.sortByDescending magnitude) ofChannels
        ]

    /// For each order the top-1 on the held-out images by share; "shares" is the shares.
    let analysis: Analysis =
        let measure (training: Training) (data: DataSplit) (model: BnnModel) =
            let random = Random(int training.Seed)

            let weights =
                model.Weights()
                |> Seq.filter (fun w -> w.Group = ParameterGroup.BinaryWeights)
                |> Seq.map (fun w -> w, orders random (int w.Shape[0]) w.Values |> Map.ofList)
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
                for order in [ leastFirst; atRandom; mostFirst; leastOfChannels; mostOfChannels ] do
                    order, List.map (top1 order) shares
            ]
            |> Map.ofList

        {
            Name = "sign flips"
            Price = 0.08
            Of = measure
        }
