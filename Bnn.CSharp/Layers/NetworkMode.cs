namespace Bnn;

/// <summary>How a network runs.</summary>
/// <param name="Training">Batch norm uses the batch's own statistics and updates the running ones.</param>
/// <param name="BinaryActivations">Binary layers' inputs are binarized; else sign is left out (its input is clipped to -1..1).</param>
/// <param name="BinaryWeights">Binary layers' weights are binarized; else the latent weights are used as they are.</param>
/// <param name="NormMomentum">The batch's share of batch norm's new running statistics, when training; 0.1.</param>
/// <param name="Watch">Given (saturated, all) inputs of the first binary convolution at each forward pass.</param>
internal sealed record NetworkMode(
    bool Training, bool BinaryActivations, bool BinaryWeights, double NormMomentum = 0.1, Action<double, long>? Watch = null);
