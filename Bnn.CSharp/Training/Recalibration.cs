using static TorchSharp.torch;

namespace Bnn;

/// <summary>Batch norm's running means and variances computed anew: plain means over batches, with the weights as they are.</summary>
internal static class Recalibration
{
    /// <summary>From how many batches they are computed where nobody says it.</summary>
    public const int Batches = 100;

    /// <summary>Replaces the statistics by those of so many batches of images in the order of the seed; of all whole batches where
    /// there are fewer, of all images where there is no whole one. 0 batches change nothing. Calls
    /// <paramref name="afterBatch"/> after each batch, which may stop it by an exception.</summary>
    public static void Run(
        TorchNetwork network, NetworkMode mode, Normalization normalization, Examples images, int batch, int batches, long seed, int workers,
        Action? afterBatch = null)
    {
        using var noGradients = no_grad();
        var order = Shuffle.Permutation(images.Count, seed, ulong.MaxValue);
        var size = Math.Min(batch, images.Count);
        var whole = BatchFeed.Cut(images.Count, size).Where(cut => cut.Count == size).Take(batches).ToList();
        using var feed = new BatchFeed(images, size, workers);
        var done = 0;
        foreach (var taken in feed.Read(order, whole, new View(normalization)))
        {
            using var scope = NewDisposeScope();

            // A share of 1 / (k + 1) makes the running statistics the mean of those of the batches so far.
            network.Forward(
                taken.Inputs.narrow(0, 0, taken.Count).to(network.Device),
                mode with { Training = true, StatisticsOnly = true, Watch = null, NormMomentum = 1.0 / ++done });
            afterBatch?.Invoke();
        }
    }
}
