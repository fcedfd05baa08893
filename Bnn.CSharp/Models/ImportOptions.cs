namespace Bnn;

/// <summary>What a file does not say of its network, or is to be otherwise than it says. What is null is as the file says, and where it says nothing
/// as below.</summary>
public sealed record ImportOptions
{
    /// <summary>Whether its binary layers' inputs are binarized; else true. A step 1 has them so too.</summary>
    public bool? BinaryActivations { get; init; }

    /// <summary>Whether its binary layers' weights are binarized; else true. After step 1 they are not, which tensors do not tell.</summary>
    public bool? BinaryWeights { get; init; }

    /// <summary>The key under which a file of PyTorch has the state_dict, in dicts within dicts with slashes between: <c>checkpoint/model_ema</c>; null: the only dict of
    /// tensors that it holds, which it must have where it holds several.</summary>
    public string? Key { get; init; }

    /// <summary>Whether what the file has beside the network's tensors is left out and listed in <see cref="BnnModel.LeftOut"/>, for instance the counters of a profiler;
    /// else it is a fault. All tensors of the network must be there.</summary>
    public bool LeaveOutOthers { get; init; }

    /// <summary>The names of the classes in the order of the logits; else "0", "1", ...</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>The mean of each channel, of pixels in 0..1, that images are normalized by; else ImageNet's (three channels: 0.485,
    /// 0.456, 0.406) or, with other channels, 0.</summary>
    public IReadOnlyList<double>? Means { get; init; }

    /// <summary>The deviation of each channel; else ImageNet's (0.229, 0.224, 0.225) or, with other channels, 1.</summary>
    public IReadOnlyList<double>? Deviations { get; init; }

    /// <summary>These options, and what a file says where they say nothing.</summary>
    internal ImportOptions Over(NetworkHeader? file, ModelDescription model) => file is null ? this : this with
    {
        BinaryActivations = BinaryActivations ?? file.BinaryActivations,
        BinaryWeights = BinaryWeights ?? file.BinaryWeights,
        Classes = Classes ?? (file.Classes.Count == model.Classes ? file.Classes : null),
        Means = Means ?? (file.Normalization.Means.Count == model.Channels ? file.Normalization.Means : null),
        Deviations = Deviations ?? (file.Normalization.Deviations.Count == model.Channels ? file.Normalization.Deviations : null),
    };

    /// <summary>The names of the classes; none where the file says so, or where the network's outputs are no vector.</summary>
    internal IReadOnlyList<string> Names(NetworkHeader? file, ModelDescription model) =>
        Classes ?? (file?.Classes is [] || model.Output is not { Height: 1, Width: 1 } ? [] : ClassOrder.Numbers(model.Classes));

    /// <summary>What nobody says of the network, and is assumed, in sentences.</summary>
    internal IReadOnlyList<string> Assumed(NetworkHeader? file, ModelDescription model)
    {
        if (file is not null)
        {
            return [];
        }

        var isBinary = ModelDescriptionModule.summary(model).BinaryParameters > 0;
        var assumed = new List<string>();
        void Add(bool isSaid, string sentence)
        {
            if (!isSaid)
            {
                assumed.Add(sentence);
            }
        }

        Add(false, $"layers' strides and the size of images leave no trace in tensors: they are those of {model.Name} for {model.Channels} x {model.Height} x {model.Width}");
        Add(!isBinary || BinaryWeights is not null, "its file does not say whether its weights are binary in use: they are taken as binary, which those of a step 1 are not");
        Add(!isBinary || BinaryActivations is not null, "its file does not say whether its activations are binary in use: they are taken as binary");
        Add(Means is not null && Deviations is not null, model.Channels == 3
            ? "its file does not say how images were normalized: ImageNet's means and deviations are taken" : "its file does not say how images were normalized: they are not");
        Add(Classes is not null || model.Output is not { Height: 1, Width: 1 }, "its file does not name its classes: they are called by their numbers");
        return assumed;
    }

    internal Normalization Normalization(int channels) => channels == 3
        ? new(Means ?? [0.485, 0.456, 0.406], Deviations ?? [0.229, 0.224, 0.225])
        : new(Means ?? [.. Enumerable.Repeat(0.0, channels)], Deviations ?? [.. Enumerable.Repeat(1.0, channels)]);

    internal IEnumerable<Fault> Validate(ModelDescription model)
    {
        if (Classes is not null && Classes.Count != model.Classes)
        {
            yield return new Fault("classes", $"{Classes.Count} names", $"{model.Classes}, one for each class of {model.Name}");
        }

        var normalization = Normalization(model.Channels);
        foreach (var (name, values, isAllowed) in new (string, IReadOnlyList<double>, Func<double, bool>)[]
                 {
                     ("means", normalization.Means, double.IsFinite),
                     ("deviations", normalization.Deviations, value => value > 0 && double.IsFinite(value)),
                 })
        {
            if (values.Count != model.Channels || !values.All(isAllowed))
            {
                yield return new Fault(
                    name, InvariantText.Join(", ", values), $"{model.Channels} finite numbers, one a channel{(name == "means" ? "" : ", above 0")}");
            }
        }
    }
}
