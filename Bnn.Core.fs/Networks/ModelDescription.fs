namespace Bnn

open System

/// A network as data, with its name and the size of its images. It holds no weights. The same description is trained fully real, with
/// binary activations, or all binary: the stage decides.
type ModelDescription =
    {
        /// What it is called in reports.
        Name: string
        /// The size of an image.
        Input: FeatureSize
        Network: Network
    }

    /// A network for images of this size.
    static member Create(name: string, network: Network, channels: int, height: int, width: int) =
        {
            Name = name
            Input = FeatureSize.Of(int64 channels, int64 height, int64 width)
            Network = network
        }

    /// The images' channels: 1 grey, 3 colour.
    member model.Channels = int model.Input.Channels

    /// The images' height in pixels.
    member model.Height = int model.Input.Height

    /// The images' width in pixels.
    member model.Width = int model.Input.Width

    /// The size of what it gives for an image.
    member model.Output =
        match Network.limits model.Network with
        | [] -> Network.output model.Input model.Network
        | faults -> raise (BnnConfigurationException(List.toArray faults))

    /// How many classes it tells apart: the channels of its output.
    member model.Classes = int model.Output.Channels

    /// Text for people: its name, the size of its images, and its layers.
    override model.ToString() =
        $"{model.Name}, input {model.Input}\n{model.Network}"

/// Descriptions by what they make of others.
[<EditorBrowsable(Never)>]
module ModelDescription =
    /// The description of another network for the same images.
    let map (f: Network -> Network) (model: ModelDescription) =
        { model with Network = f model.Network }

    /// The description for images of another size.
    let withInput channels height width (model: ModelDescription) =
        { model with
            Input = FeatureSize.Of(int64 channels, int64 height, int64 width)
        }

    /// The network as a stage has it: with the stage's binarizers where it has some, and real outside its places.
    let inStage (stage: Stage) (model: ModelDescription) =
        let replaced replace binarizer network =
            match binarizer with
            | Some binarizer -> replace (fun _ -> binarizer) network
            | None -> network

        { model with
            Network =
                model.Network
                |> replaced Network.mapWeights stage.Weights
                |> replaced Network.mapActivations stage.Activations
                |> if stage.Places.IsEmpty then
                       id
                   else
                       Network.binaryIn stage.Places
        }

    /// All that is wrong with it.
    let validate (model: ModelDescription) =
        Network.validate model.Input model.Network |> Fault.ofPart $"model {model.Name}"

    /// All that is wrong with it as a network that tells classes apart.
    let validateClassifier (model: ModelDescription) =
        match validate model with
        | [] ->
            Fault.unless
                (model.Output.Height = 1L && model.Output.Width = 1L)
                $"model {model.Name}: output"
                (string model.Output)
                "a vector, a number for each class: Layers.GlobalMean() or Layers.Flatten() makes one"
        | faults -> faults

    /// Tensors of a stage's binarizers that the network's own have not, and the other way round.
    let private differingTensors (stage: Stage) (model: ModelDescription) =
        let tensors (model: ModelDescription) =
            Network.tensors model.Input model.Network |> List.map _.Name |> Set.ofList

        let own, its = tensors model, tensors (inStage stage model)

        let differing (these: Set<string>) value allowed =
            these
            |> Seq.toList
            |> List.collect (fun name -> Fault.unless false $"{stage.Name}: {name}" value allowed)

        differing
            (its - own)
            "learned by the stage's binarizer alone"
            "numbers that the network's own binarizers learn: give the network that binarizer"
        @ differing
            (own - its)
            "learned by the network's own binarizer alone"
            "a binarizer that learns it in every stage"

    /// All that is wrong with a stage's binarizers in a sound network: the network is sound with them too, and they learn what its own do,
    /// because tensors stay the same throughout a training. What is wrong with a binarizer wherever it stands `Recipe.validateStage` tells.
    let validateStage (stage: Stage) (model: ModelDescription) =
        let empty =
            Network.withoutBinary stage.Places model.Network
            |> List.collect (fun place ->
                Fault.unless
                    false
                    $"{stage.Name}: places"
                    place
                    "the full name of a layer or scope in which something is binary")

        empty
        @ match Option.toList stage.Weights @ Option.toList stage.Activations with
          | [] -> []
          | binarizers when not (List.forall (Binarizer.validate >> List.isEmpty) binarizers) -> []
          | _ ->
              match validate (inStage stage model) with
              | [] -> differingTensors stage model
              | faults -> Fault.ofPart stage.Name faults

    /// `validate` as an exception.
    let require (model: ModelDescription) = Fault.require (validate model)

    /// Its layers, parameters, bytes and operations.
    let summary (model: ModelDescription) =
        require model
        ModelSummary.ofNetwork model.Name model.Input model.Network

    /// All widths but the last times a factor, rounded, at least 1; where others are joined, the sum of theirs. A sound model stays one, or
    /// `BnnConfigurationException` says that the factor does not fit.
    let scaled (factor: float) (model: ModelDescription) =
        let scaled =
            { model with
                Name = $"%s{model.Name} x %s{Fault.text factor}"
                Network = Network.scaled factor model.Network
            }

        let faults = validate scaled

        if not faults.IsEmpty && (validate model).IsEmpty then
            Fault.require (
                Fault.unless
                    false
                    $"model {model.Name}: scaled"
                    (Fault.text factor)
                    $"a factor whose widths fit together; with this one {faults.Head.Name} is {faults.Head.Value}"
            )

        scaled

    /// The model with a last layer for so many classes, where there is one such layer.
    let withClasses (classes: int) (model: ModelDescription) =
        let changed = map (Network.withOutputs classes) model
        require changed

        Fault.require (
            Fault.unless
                (changed.Output.Channels = int64 classes)
                $"model {model.Name}: classes"
                $"%d{changed.Output.Channels} with a last layer of %d{classes}"
                "classes of a network whose last layer gives them all"
        )

        changed
