namespace Bnn;

/// <summary>How a network runs.</summary>
/// <param name="Training">Batch norm uses the batch's own statistics and updates the running ones.</param>
/// <param name="BinaryActivations">Binary layers' inputs are binarized; else sign is left out (its input is clipped to -1..1).</param>
/// <param name="BinaryWeights">Binary layers' weights are binarized; else the latent weights are used as they are.</param>
/// <param name="NormMomentum">The batch's share of batch norm's new running statistics, when training; 0.1.</param>
/// <param name="Watch">Given the number of a sign, in the network's order from 0: who is told (saturated, all) of its inputs at each
/// forward pass, or null where nobody is.</param>
internal sealed record NetworkMode(
    bool Training, bool BinaryActivations, bool BinaryWeights, double NormMomentum = 0.1, Func<int, Action<double, long>?>? Watch = null);
