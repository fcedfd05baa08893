using static TorchSharp.torch;

namespace Bnn;

/// <summary>Batch norm's running means and variances computed anew: plain means over batches, with the weights as they are.</summary>
internal static class Recalibration
{
    /// <summary>Replaces the statistics by those of so many batches of images in the order of the seed; of all whole batches where
    /// there are fewer, of all images where there is no whole one. 0 batches change nothing.</summary>
    public static void Run(
        Network network, NetworkMode mode, Normalization normalization, ImageSet images, int batch, int batches, ulong seed)
    {
        using var noGradients = no_grad();
        var order = Shuffle.Permutation(images.Count, seed, ulong.MaxValue);
        var size = Math.Min(batch, images.Count);
        using var inputs = empty([size, images.Channels, images.Height, images.Width]);
        for (var k = 0; k < Math.Min(batches, images.Count / size); k++)
        {
            using var scope = NewDisposeScope();
            normalization.Fill(images, order.AsSpan(k * size, size), Memory.Floats(inputs));

            // A share of 1 / (k + 1) makes the running statistics the mean of those of the batches so far.
            network.Forward(inputs.to(network.Device), mode with { Training = true, Watch = null, NormMomentum = 1.0 / (k + 1) });
        }
    }
}
