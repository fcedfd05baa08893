namespace Bnn

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// What C# does with networks by the dot; F# has the functions of the module Network.
[<Extension; AbstractClass; Sealed>]
type NetworkMembers =
    /// The network with every binarizer of weights replaced; real layers stay real.
    [<Extension>]
    static member MapWeights(network: Network, change: Func<Binarizer, Binarizer>) =
        ArgumentNullException.ThrowIfNull change
        Network.mapWeights change.Invoke network

    /// The network with every binarizer of activations replaced.
    [<Extension>]
    static member MapActivations(network: Network, change: Func<Binarizer, Binarizer>) =
        ArgumentNullException.ThrowIfNull change
        Network.mapActivations change.Invoke network

    /// The network with these binarizers in all its binary layers.
    /// <param name="network">The network.</param>
    /// <param name="weights">Of weights; default: each layer keeps its own.</param>
    /// <param name="activations">Of activations; default: each layer keeps its own.</param>
    [<Extension>]
    static member WithBinarizers
        (network: Network, [<Optional>] weights: Binarizer, [<Optional>] activations: Binarizer)
        =
        let orOwn (given: Binarizer) own =
            if isNull (box given) then own else given

        network
        |> Network.mapWeights (orOwn weights)
        |> Network.mapActivations (orOwn activations)

    /// The network with the output channels of every layer but the last times a factor above 0, rounded, at least 1; where others are joined,
    /// the sum of theirs.
    [<Extension>]
    static member Scaled(network: Network, factor: float) = Network.scaled factor network

    /// The network without what is added to the bodies of its residual parts.
    [<Extension>]
    static member WithoutShortcuts(network: Network) = Network.withoutShortcuts network

    /// What the network is in stages in which nothing is binary, with the same tensors.
    [<Extension>]
    static member RealTwin(network: Network) = Network.realTwin network

    /// The network that is binary in these layers and scopes, by their full names, and real elsewhere.
    [<Extension>]
    static member BinaryIn(network: Network, [<ParamArray>] places: string[]) =
        Network.binaryIn (List.ofArray places) network

    /// The network under a name, for images of this size.
    [<Extension>]
    static member ToModel(network: Network, name: string, channels: int, height: int, width: int) =
        ArgumentNullException.ThrowIfNull name
        ModelDescription.Create(name, network, channels, height, width)

    /// All that is wrong with it for images of this size.
    [<Extension>]
    static member Validate(network: Network, channels: int, height: int, width: int) : IReadOnlyList<Fault> =
        Network.validate (FeatureSize.Of(int64 channels, int64 height, int64 width)) network

/// What C# does with models by the dot; F# has the functions of the modules ModelDescription and NetworkJson.
[<Extension; AbstractClass; Sealed>]
type ModelMembers =
    /// Its layers, parameters, bytes and operations. A model with faults raises `BnnConfigurationException`.
    [<Extension>]
    static member Summary(model: ModelDescription) = ModelDescription.summary model

    /// All that is wrong with it.
    [<Extension>]
    static member Validate(model: ModelDescription) : IReadOnlyList<Fault> = ModelDescription.validate model

    /// All widths but the last times a factor above 0, rounded, at least 1, the sum of theirs where others are joined; the name tells the
    /// factor. Where it makes an impossible network of a sound one, it raises `BnnConfigurationException`.
    [<Extension>]
    static member Scaled(model: ModelDescription, factor: float) = ModelDescription.scaled factor model

    /// The model under another name.
    [<Extension>]
    static member WithName(model: ModelDescription, name: string) =
        ArgumentNullException.ThrowIfNull name
        { model with Name = name }

    /// The network for images of another size.
    [<Extension>]
    static member WithInput(model: ModelDescription, channels: int, height: int, width: int) =
        ModelDescription.Create(model.Name, model.Network, channels, height, width)

    /// The model with a last layer for so many classes; faults raise `BnnConfigurationException`.
    [<Extension>]
    static member WithClasses(model: ModelDescription, classes: int) =
        ModelDescription.withClasses classes model

    /// The model with every binarizer of weights replaced; real layers stay real.
    [<Extension>]
    static member MapWeights(model: ModelDescription, change: Func<Binarizer, Binarizer>) =
        ArgumentNullException.ThrowIfNull change
        ModelDescription.map (Network.mapWeights change.Invoke) model

    /// The model with every binarizer of activations replaced.
    [<Extension>]
    static member MapActivations(model: ModelDescription, change: Func<Binarizer, Binarizer>) =
        ArgumentNullException.ThrowIfNull change
        ModelDescription.map (Network.mapActivations change.Invoke) model

    /// The model with these binarizers in all its binary layers.
    /// <param name="model">The model.</param>
    /// <param name="weights">Of weights; default: each layer keeps its own.</param>
    /// <param name="activations">Of activations; default: each layer keeps its own.</param>
    [<Extension>]
    static member WithBinarizers
        (model: ModelDescription, [<Optional>] weights: Binarizer, [<Optional>] activations: Binarizer)
        =
        ModelDescription.map (fun network -> network.WithBinarizers(weights, activations)) model

    /// The model without what is added to the bodies of its residual parts.
    [<Extension>]
    static member WithoutShortcuts(model: ModelDescription) =
        ModelDescription.map Network.withoutShortcuts model

    /// What the model is in stages in which nothing is binary, with the same tensors.
    [<Extension>]
    static member RealTwin(model: ModelDescription) =
        ModelDescription.map Network.realTwin model

    /// The model that is binary in these layers and scopes, by their full names, and real elsewhere.
    [<Extension>]
    static member BinaryIn(model: ModelDescription, [<ParamArray>] places: string[]) =
        ModelDescription.map (fun network -> network.BinaryIn places) model

    /// The model as JSON; `Models.FromJson` reads it.
    [<Extension>]
    static member ToJson(model: ModelDescription) = NetworkJson.ofModel model
