namespace Bnn;

/// <summary>What a file of PyTorch does not say of its network.</summary>
public sealed record ImportOptions
{
    /// <summary>Whether its binary layers' inputs are binarized; default true. A step 1 has them so too.</summary>
    public bool BinaryActivations { get; init; } = true;

    /// <summary>Whether its binary layers' weights are binarized; default true; false after step 1.</summary>
    public bool BinaryWeights { get; init; } = true;

    /// <summary>The names of the classes in the order of the logits; null for "0", "1", ...</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>The mean of each channel, of pixels in 0..1, that images are normalized by; null for ImageNet's (three channels: 0.485,
    /// 0.456, 0.406) or, with other channels, 0.</summary>
    public IReadOnlyList<double>? Means { get; init; }

    /// <summary>The deviation of each channel; null for ImageNet's (0.229, 0.224, 0.225) or, with other channels, 1.</summary>
    public IReadOnlyList<double>? Deviations { get; init; }

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
                    name, string.Join(", ", values), $"{model.Channels} finite numbers, one a channel{(name == "means" ? "" : ", above 0")}");
            }
        }
    }
}
