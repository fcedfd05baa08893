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

    /// <summary>How the learning rate changes in it, as a share of the optimizer's; null for the trainer's schedule.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>What the binary layers' latent weights are when it begins; default: what the stage before left.</summary>
    public BinaryStart BinaryStart { get; init; }

    /// <summary>Whether it leaves the weights of its best epoch, by top-1 on the test images, in place of its last one's; default
    /// false. Its own top-1 is then chosen on the images that it is measured on.</summary>
    public bool KeepsBest { get; init; }

    /// <summary>The stage in the core's terms, by an optimizer of this row and the trainer's schedule.</summary>
    internal Core.Stage Core(Row row, Schedule schedule) => new(
        Name, BinaryActivations, BinaryWeights, WeightDecay.Core(row), (Schedule ?? schedule).Formula, Epochs,
        BinaryStart switch
        {
            BinaryStart.Fresh => Bnn.Core.BinaryStart.Fresh,
            BinaryStart.FreshPositive => Bnn.Core.BinaryStart.FreshPositive,
            _ => Bnn.Core.BinaryStart.Inherited,
        },
        KeepsBest);
}

/// <summary>What the binary layers' latent weights are when a stage begins. All other weights are those that the stage before left.</summary>
public enum BinaryStart
{
    /// <summary>What the stage before left; in the first stage the network's first weights.</summary>
    Inherited,

    /// <summary>Drawn anew as a network's first weights are: uniform in +-1 / sqrt(inputs of an output).</summary>
    Fresh,

    /// <summary>Drawn anew and all positive: uniform in 0..0.001, what the reference's own binary convolution starts from.</summary>
    FreshPositive,
}
