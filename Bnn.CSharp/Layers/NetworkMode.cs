namespace Bnn;

/// <summary>How a network runs.</summary>
/// <param name="Training">Batch norm uses the batch's own statistics and updates the running ones, and binarizers are as in training.</param>
/// <param name="BinaryActivations">Binary layers' inputs are binarized; else sign is left out (its input is clipped to -1..1).</param>
/// <param name="BinaryWeights">Binary layers' weights are binarized; else the latent weights are used as they are.</param>
/// <param name="NormMomentum">The batch's share of batch norm's new running statistics, when training; 0.1.</param>
/// <param name="Watch">Given the number of a sign, in the network's order from 0: who is told (saturated, all) of its inputs at each
/// forward pass, or null where nobody is.</param>
/// <param name="Moment">Where in its training the network is; null where it is not, or where nothing reads t, T and noise.</param>
/// <param name="StatisticsOnly">Training takes batch norm's statistics alone: binarizers are as outside training.</param>
/// <param name="Trace">Told each layer's name and what it gives, in the order of computation; null where nobody is.</param>
internal sealed record NetworkMode(
    bool Training, bool BinaryActivations, bool BinaryWeights, double NormMomentum = 0.1, Func<int, Action<double, long>?>? Watch = null,
    TrainingMoment? Moment = null, bool StatisticsOnly = false,
    Action<string, Features>? Trace = null)
{
    /// <summary>Whether binarizers are as in training.</summary>
    public bool IsLearning => Training && !StatisticsOnly;

    /// <summary>Where faults of backward passes are kept; null: with those of the thread.</summary>
    public BackwardFaults? Faults { get; init; }
}

/// <summary>Where in its training a network is: what formulas read as t, T and noise.</summary>
/// <param name="Iteration">t, the iteration of the running stage, from 1.</param>
/// <param name="Iterations">T, how many iterations the stage has; 0 where that is not known: then T is infinite.</param>
/// <param name="NoiseSeed">What noise is drawn from, with t, the layer's place and the number's place: <see cref="SeedOf"/>.</param>
/// <param name="FirstImage">The index, in the whole batch, of the first image that is run: other than 0 in a later micro-batch.</param>
internal sealed record TrainingMoment(int Iteration, int Iterations, long NoiseSeed, long FirstImage = 0)
{
    /// <summary>The seed of a stage's noise.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stage">The stage's index, from 0.</param>
    public static long SeedOf(long seed, int stage) =>
        // an index that no image has: the noise is not the numbers that an image is augmented with
        (long)SplitMix64.Of(seed, (ulong)stage, ulong.MaxValue).Next();
}
