/// Random sound networks, small enough to be trained: the same one for the same seed.
module Bnn.Tests.NetworkGen

open System
open Bnn
open FsCheck.FSharp

/// Numbers that flow between a network's layers for one image, layers, and numbers of its tensors.
let mostNumbers, mostLayers, mostParameters = 2000L, 20, 20_000L

let private made (entries: Entry<'T> list) =
    [
        for entry in entries do
            match Entry.make entry [] with
            | Ok value -> value
            | Error faults -> failwith $"{entry.Name}: {faults}"
    ]

let private learnedSign = Scale.learned Binarizer.clip

/// What activations become: the catalogue's, and one with a learned number.
let activationBinarizers = learnedSign :: made Catalogue.binarizers

/// What weights become: those with scales, and the catalogue's others.
let weightBinarizers = made Catalogue.weightBinarizers @ made Catalogue.binarizers

/// Formulas of one's own, with first values of what they learn.
let private formulas =
    [
        "x * gain + offset", [ struct ("gain", 1.0); struct ("offset", 0.0) ]
        "if 0 < x then x else slope * (exp(x) - 1)", [ struct ("slope", 0.5) ]
        "x / (1 + |x|) + width * min(x, cap)", [ struct ("cap", 0.75); struct ("width", -0.125) ]
        "max(min(x, 2), -2) * 0.75", []
    ]

/// One network being made: what has been used up, and random choices.
type private Maker(seed: int) =
    let random = Random seed
    let checks = LayerChecks.create ()
    // the head and one last shortcut come on top
    let mutable layers = mostLayers - 5
    let mutable numbers = mostNumbers
    let mutable names = 0

    let from least most = random.Next(least, most + 1)
    let chance percent = random.Next 100 < percent
    let pick (choices: 'T list) = choices[random.Next choices.Length]

    let size least most =
        if chance 50 then
            Size2.op_Implicit (from least most)
        else
            {
                Rows = from least most
                Columns = from least most
            }

    let name (kind: string) =
        names <- names + 1

        if chance 20 then $"{kind}_{names}.0" else $"{kind}{names}"

    let weights () =
        if chance 50 then Binarizer.none else pick weightBinarizers

    let convolution (x: FeatureSize) =
        let channels = int x.Channels
        let groups = pick [ 1; 1; channels; pick [ 1..channels ] ]

        Network.Layer(
            name "conv",
            Layer.Convolution
                {
                    Outputs = groups * from 1 (max 1 (6 / groups))
                    Kernel = size 1 5
                    Stride = if chance 70 then Size2.op_Implicit 1 else size 1 3
                    Padding = size 0 2
                    Groups = groups
                    HasBias = chance 30
                    Weights = weights ()
                }
        )

    let linear outputs =
        Network.Layer(
            name "linear",
            Layer.Linear
                {
                    Outputs = outputs
                    HasBias = chance 50
                    Weights = weights ()
                }
        )

    let sign () =
        Layers.Sign(name "sign", pick activationBinarizers, shifted = chance 50)

    let elementwise () =
        match from 0 4 with
        | 0 -> Layers.Relu()
        | 1 -> Layers.HardTanh()
        | 2 -> Layers.PRelu(name "prelu")
        | 3 -> Layers.ShiftedPRelu(name "prelu", before = name "before", after = name "after")
        | _ ->
            let text, learned = pick formulas
            Layers.Formula(name "formula", text, List.toArray learned)

    let pool () =
        let window = size 1 4
        let padding = if chance 60 then Size2.op_Implicit 0 else window.Half
        let stride = if chance 50 then window else size 1 3

        if chance 50 then
            Layers.MaxPool(window, stride, padding, roundUp = chance 50)
        else
            Layers.MeanPool(window, stride, padding, roundUp = chance 50)

    let proposal (x: FeatureSize) =
        match from 0 24 with
        | n when n < 6 -> convolution x
        | n when n < 9 -> sign ()
        | n when n < 12 -> elementwise ()
        | n when n < 14 -> Layers.BatchNorm(name "norm")
        | n when n < 17 -> pool ()
        | 17
        | 18 -> Layers.Subsample(int x.Channels + from 0 2, from 1 3)
        | 19 -> Layers.Upsample(from 1 2)
        | 20 -> Layers.FactoredScale(name "scale")
        | 21 when x.Count < 60L -> Layers.Flatten()
        | 22 when chance 30 -> Layers.GlobalMean()
        | n when n > 20 && x.Height * x.Width = 1L -> linear (from 1 12)
        | _ -> convolution x

    let output (x: FeatureSize) network = Network.output x network

    let counted (x: FeatureSize) network =
        let places = Network.places x network
        layers <- layers - places.Length
        numbers <- numbers - (places |> List.sumBy _.Output.Count)
        network

    /// A layer that fits, or none where the first few that come up do not.
    let layer (x: FeatureSize) =
        let fits network =
            match network with
            | Network.Layer(name, layer) when (checks name name layer x).IsEmpty ->
                let count = (Layer.output layer x).Count
                count <= min numbers 300L
            | _ -> false

        match Seq.init 12 (fun _ -> proposal x) |> Seq.tryFind fits with
        | Some network when layers > 0 -> counted x network
        | _ -> Network.identity

    /// What makes this size of x.
    let fitted (x: FeatureSize) (target: FeatureSize) =
        let kernel, padding =
            let one (from: int64) (into: int64) =
                if into <= from then
                    int (from - into) + 1, 0
                else
                    int (into - from) + 1, int (into - from)

            let rows, top = one x.Height target.Height
            let columns, left = one x.Width target.Width
            Size2.op_Implicit (struct (rows, columns)), Size2.op_Implicit (struct (top, left))

        let convolve (kernel: Size2) (padding: Size2) =
            Layers.Convolution(name "fit", int target.Channels, kernel, padding = Nullable padding)

        if x = target then
            Network.identity
        elif
            padding <> Size2.op_Implicit 0
            || chance 30
            || x.Channels * target.Height * target.Width > 300L
        then
            convolve kernel padding
        elif x.Channels = target.Channels then
            Layers.MeanPool(kernel, stride = Size2.op_Implicit 1)
        else
            Layers.MeanPool(kernel, stride = Size2.op_Implicit 1)
            >=> convolve (Size2.op_Implicit 1) (Size2.op_Implicit 0)
        |> counted x

    member _.Chance percent = chance percent
    member _.From(least, most) = from least most

    /// Parts one after the other, at most so deep.
    member maker.Chain depth (x: FeatureSize) : Network =
        let mutable network, size = Network.identity, x

        for _ in 1 .. from 1 4 do
            let part: Network = maker.Part depth size
            network <- network.Then part
            size <- output size part

        network

    member private maker.Residual depth (x: FeatureSize) =
        let body = maker.Chain (depth - 1) x
        let sum = output x body
        let after = if chance 50 then layer sum else Network.identity
        Network.Residual(body, after, fitted x sum)

    /// Parts that see inputs of this size, and give one height and width.
    member private maker.Beside depth count (x: FeatureSize) =
        let first = maker.Chain (depth - 1) x
        let size = output x first

        [
            first
            for _ in 2..count do
                let part = layer x
                let its = output x part
                part.Then(fitted its { size with Channels = its.Channels })
        ]

    /// A part of a network.
    member maker.Part depth (x: FeatureSize) : Network =
        match from 0 9 with
        | n when depth <= 1 || layers <= 2 || numbers < 600L || n < 4 -> layer x
        | 4
        | 5
        | 6 -> maker.Residual depth x
        | 7 -> Network.Branches(maker.Beside depth (from 1 3) x)
        | 8 ->
            let count =
                pick
                    [
                        for count in [ 1; 2; 3 ] do
                            if x.Channels % int64 count = 0L then
                                count
                    ]

            Network.Groups(
                maker.Beside
                    depth
                    count
                    { x with
                        Channels = x.Channels / int64 count
                    }
            )
        | _ -> Network.Scope(name "scope", maker.Chain (depth - 1) x)

    /// What comes last: a vector, maybe a hidden layer, and the classes.
    member _.Head(x: FeatureSize) =
        let vector =
            if x.Count <= 100L && chance 50 then
                Layers.Flatten()
            else
                Layers.GlobalMean()

        let hidden =
            if chance 40 then
                linear (from 1 12) >=> sign ()
            else
                Network.identity

        vector >=> hidden >=> linear (from 2 5)

    /// At most 360 numbers; odd sides of 1 to 45.
    member _.Input() =
        let channels = from 1 4
        let side most = 2 * from 0 ((min 45 most - 1) / 2) + 1
        let height = side (360 / channels)
        FeatureSize.Of(int64 channels, int64 height, int64 (side (360 / channels / height)))

let private attempt (seed: int) : ModelDescription =
    let maker = Maker seed
    let input = maker.Input()
    let body = maker.Chain (maker.From(1, 7)) input

    {
        Name = ""
        Input = input
        Network = body.Then(maker.Head(Network.output input body))
    }

let private isSmall (model: ModelDescription) =
    let places = Network.places model.Input model.Network

    places.Length <= mostLayers
    && places |> List.sumBy _.Output.Count <= mostNumbers
    && Network.tensors model.Input model.Network |> List.sumBy _.Count
       <= mostParameters

/// The network of a seed: the first small one of its attempts.
let model (seed: int) : ModelDescription =
    let small =
        Seq.initInfinite (fun k -> attempt (seed + k * 1_000_003)) |> Seq.find isSmall

    { small with Name = $"random {seed}" }

/// Any sound network; its name tells its seed.
let anyModel = Gen.choose (0, 1_000_000) |> Gen.map model |> Arb.fromGen
