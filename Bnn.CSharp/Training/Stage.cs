using Bnn.Core;

namespace Bnn;

/// <summary>A part of a training: what is binary in it, how long it lasts, how its weights decay.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="BinaryActivations">Whether the binary layers' inputs are binarized.</param>
/// <param name="BinaryWeights">Whether the binary layers' weights are binarized; else their latent weights are used as they are.</param>
/// <param name="Epochs">Passes over the training images, at least 1.</param>
public sealed record Stage(string Name, bool BinaryActivations, bool BinaryWeights, int Epochs)
{
    /// <summary>How its weights decay; default: they do not.</summary>
    public WeightDecay WeightDecay { get; init; } = WeightDecay.None;

    /// <summary>The stage in the core's terms, by an optimizer of this row.</summary>
    internal Core.Stage Core(Row row) => new(Name, BinaryActivations, BinaryWeights, WeightDecay.Core(row), Epochs);
}
