namespace Bnn

open System
open System.Collections.Generic
open System.Globalization
open System.Text

/// A part of a network that has parameters or is counted.
type LayerSummary =
    {
        /// Its name, which its parameters' names begin with.
        Name: string
        /// What it is, in a word or two.
        Kind: string
        /// The size of its output for one image.
        Output: FeatureSize
        /// Parameters that are one bit each in use: weights that have two values.
        BinaryParameters: int64
        /// Parameters of 32 bits.
        RealParameters: int64
        /// Binary parameters of which the network's file stores the sign alone.
        StoredSigns: int64
        /// Scales of binary weights, one for each output channel. They come from the latent weights, so they are no parameters.
        Scales: int64
        /// Batch norm's running means and variances, which are no parameters either.
        Statistics: int64
        /// BOPs: multiply-adds of binary weights with binary activations, for one image.
        BinaryOperations: float
        /// FLOPs, counted as the paper counts them: multiply-adds of real convolutions and linear layers, for one image.
        RealOperations: float
    }

/// A network's layers, parameters, bytes and operations, all binary.
type ModelSummary =
    {
        /// The network's name.
        Model: string
        /// The size of an image.
        Input: FeatureSize
        /// Its parts, in order.
        Layers: IReadOnlyList<LayerSummary>
    }

    member private summary.Sum(count: LayerSummary -> int64) = Seq.sumBy count summary.Layers

    /// All parameters.
    member summary.Parameters = summary.BinaryParameters + summary.RealParameters

    /// Parameters that are one bit each in use.
    member summary.BinaryParameters = summary.Sum _.BinaryParameters

    /// Parameters of 32 bits.
    member summary.RealParameters = summary.Sum _.RealParameters

    /// Scales of binary weights.
    member summary.Scales = summary.Sum _.Scales

    /// Batch norm's running means and variances.
    member summary.Statistics = summary.Sum _.Statistics

    /// What the network's file `.bnn` stores: a bit for each binary parameter of which the sign tells all, rounded up to a byte, and 4
    /// bytes for each other parameter, scale and statistic. Its header comes on top: the network, about 80 bytes a layer, and its classes.
    member summary.Bytes =
        let signs = summary.Sum _.StoredSigns

        (signs + 7L) / 8L
        + 4L * (summary.Parameters - signs + summary.Scales + summary.Statistics)

    /// BOPs of one image.
    member summary.BinaryOperations = Seq.sumBy _.BinaryOperations summary.Layers

    /// FLOPs of one image.
    member summary.RealOperations = Seq.sumBy _.RealOperations summary.Layers

    /// OPs = BOPs / 64 + FLOPs.
    member summary.Operations = summary.BinaryOperations / 64.0 + summary.RealOperations

    /// A table: a line for each layer, then the totals.
    override summary.ToString() =
        let text = StringBuilder()

        let line (content: FormattableString) =
            text.Append((FormattableString.Invariant content).TrimEnd()).Append('\n')
            |> ignore

        // For instance 4.817e9.
        let scientific (value: float) =
            let exponent = if value > 0.0 then floor (log10 value) else 0.0

            let mantissa =
                (value / 10.0 ** exponent).ToString("F3", CultureInfo.InvariantCulture)

            $"{mantissa}e%d{int exponent}"

        let width =
            summary.Layers |> Seq.fold (fun width layer -> max width layer.Name.Length) 5

        let named (name: string) = name.PadRight width
        line $"{summary.Model}, input {string summary.Input}"

        line $"""{named "layer"}  {"kind", -14}{"output", -18}{"1-bit", 12}{"32-bit", 12}{"BOPs", 16}{"FLOPs", 16}"""

        for layer in summary.Layers do
            line
                $"{named layer.Name}  {layer.Kind, -14}{string layer.Output, -18}{layer.BinaryParameters, 12:N0}{layer.RealParameters, 12:N0}{layer.BinaryOperations, 16:N0}{layer.RealOperations, 16:N0}"

        line
            $"parameters  {summary.Parameters:N0}: {summary.BinaryParameters:N0} of 1 bit, {summary.RealParameters:N0} of 32 bits"

        line
            $"file        {summary.Bytes:N0} bytes, with {summary.Scales:N0} scales of binary weights and {summary.Statistics:N0} statistics of batch norm"

        let operations =
            if summary.Operations >= 1e7 then
                FormattableString.Invariant $"{summary.Operations / 1e8:F3}e8"
            else
                scientific summary.Operations

        line
            $"operations  {scientific summary.BinaryOperations} BOPs, {scientific summary.RealOperations} FLOPs, {operations} OPs (BOPs / 64 + FLOPs)"

        text.ToString().TrimEnd()

[<EditorBrowsable(Never)>]
module ModelSummary =
    let private isTwoValued (binarizer: Binarizer) =
        match binarizer.Values with
        | ValueSet.Levels(2, _, _) -> true
        // more values in training; outside, what reads a weight's sign alone has two
        | _ -> WeightBinarizer.storage binarizer <> SignStorage.Latent

    /// The summary of one layer; None where it has no parameters and is no sign.
    let private ofPlace (place: LayerPlace) =
        let tensors = Network.tensorsOf place

        let count choose =
            tensors |> List.filter choose |> List.sumBy _.Count

        let learned = count _.Group.IsSome
        let weights = count (fun tensor -> tensor.Group = Some ParameterGroup.BinaryWeights)

        let binarizer = Layer.weights place.Layer |> Option.filter (Binarizer.isNone >> not)

        let is test count =
            if Option.exists test binarizer then count else 0L

        let binary = is isTwoValued weights

        let products =
            match place.Layer, tensors with
            | (Layer.Convolution _ | Layer.Linear _), weight :: _ ->
                float place.Output.Height * float place.Output.Width * float weight.Count
            | _ -> 0.0

        if tensors.IsEmpty && not place.Layer.IsSign then
            None
        else
            Some
                {
                    Name = if place.Name = "" then place.Scope else place.Name
                    Kind = Layer.kind place.Layer
                    Output = place.Output
                    BinaryParameters = binary
                    RealParameters = learned - binary
                    StoredSigns = is (fun b -> WeightBinarizer.storage b <> SignStorage.Latent) binary
                    Scales = is (fun b -> WeightBinarizer.storage b = SignStorage.MeanMagnitude) place.Output.Channels
                    Statistics =
                        tensors
                        |> List.filter (fun tensor -> tensor.Group.IsNone && tensor.First <> FirstValue.Counter)
                        |> List.sumBy _.Count
                    BinaryOperations = if binary > 0L then products else 0.0
                    RealOperations = if binary > 0L then 0.0 else products
                }

    /// The summary of a sound network.
    let ofNetwork name input network =
        {
            Model = name
            Input = input
            Layers = Network.places input network |> List.choose ofPlace |> List.toArray
        }
