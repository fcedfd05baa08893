using static TorchSharp.torch;

namespace Bnn;

/// <summary>How well a network classifies a set of images.</summary>
/// <param name="Top1">Share classified correctly, in percent.</param>
/// <param name="Top5">Share whose class is among the five most probable, in percent; 100 where there are at most five classes.</param>
/// <param name="Loss">Mean cross-entropy, in nats.</param>
/// <param name="Count">How many images.</param>
public sealed record Evaluation(double Top1, double Top5, double Loss, int Count);

/// <summary>Runs a network on images without training it.</summary>
internal static class Evaluator
{
    // so many images at once, but no more than have so many pixels
    private const int Batch = 250;
    private const int Pixels = 1 << 20;

    /// <summary>Calls <paramref name="use"/> with the first index and the logits of each batch.</summary>
    public static void Each(
        Network network, NetworkMode mode, Normalization normalization, ImageSet images, Action<int, Tensor> use)
    {
        using var noGradients = no_grad();
        var size = Math.Min(images.Count, Math.Clamp(Pixels / (images.Height * images.Width), 1, Batch));
        using var inputs = empty([size, images.Channels, images.Height, images.Width]);
        for (var start = 0; start < images.Count; start += size)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(size, images.Count - start);
            var batch = inputs.narrow(0, 0, count);
            normalization.Fill(images, [.. Enumerable.Range(start, count)], Memory.Floats(batch));
            use(start, network.Forward(batch.to(network.Device), mode with { Training = false, Watch = null }));
        }
    }

    public static Evaluation Evaluate(Network network, NetworkMode mode, Normalization normalization, ImageSet images)
    {
        var (correct, amongFive) = (0L, 0L);
        var loss = 0.0;
        var labels = images.Labels;
        Each(network, mode, normalization, images, (start, logits) =>
        {
            var count = (int)logits.shape[0];
            var truth = tensor(Array.ConvertAll(labels.Slice(start, count).ToArray(), label => (long)label))
                .to(logits.device);
            correct += logits.argmax(1).eq(truth).sum().item<long>();
            var five = logits.topk((int)Math.Min(5, logits.shape[1]), 1).indexes;
            amongFive += five.eq(truth.unsqueeze(1)).sum().item<long>();
            loss += nn.functional.cross_entropy(logits, truth, reduction: nn.Reduction.Sum).item<float>();
        });
        return new Evaluation(100.0 * correct / images.Count, 100.0 * amongFive / images.Count, loss / images.Count, images.Count);
    }
}

/// <summary>How pixels become a network's inputs: (pixel / 255 - mean) / deviation, channel by channel.</summary>
internal sealed record Normalization(IReadOnlyList<double> Means, IReadOnlyList<double> Deviations)
{
    private readonly float[] means = [.. Means.Select(mean => (float)mean)];
    private readonly float[] deviations = [.. Deviations.Select(deviation => (float)deviation)];

    /// <summary>That of a training set: its own means and deviations.</summary>
    public static Normalization Of(ImageSet images)
    {
        var (means, deviations) = images.MeanAndDeviation();
        return new(means, deviations);
    }

    public void Fill(ImageSet images, ReadOnlySpan<int> indices, Span<float> destination) =>
        Batches.Fill(images, indices, destination, means, deviations);

    /// <summary>Inputs normalized in this way, normalized in another.</summary>
    public Tensor To(Normalization other, Tensor x)
    {
        if (Means.SequenceEqual(other.Means) && Deviations.SequenceEqual(other.Deviations))
        {
            return x;
        }

        Tensor PerChannel(IEnumerable<double> numbers) => tensor(numbers.ToArray(), x.dtype, x.device).view(1, -1, 1, 1);
        var factors = Deviations.Zip(other.Deviations, (own, its) => own / its);
        var shifts = Means.Zip(other.Means, (own, its) => own - its).Zip(other.Deviations, (shift, its) => shift / its);
        return x * PerChannel(factors) + PerChannel(shifts);
    }

    public void FillAugmented(
        ImageSet images, ReadOnlySpan<int> indices, Span<float> destination, Augmentation augmentation, ulong seed, ulong epoch) =>
        Batches.FillAugmented(
            images, indices, destination, means, deviations, augmentation.Flip, augmentation.Shift, seed, epoch);
}

/// <summary>How training images are varied, anew in each epoch.</summary>
/// <param name="Flip">Mirror left to right, half of the time.</param>
/// <param name="Shift">Move by up to this many pixels in each direction; what comes in is black. At least 0, below the image's
/// height and width.</param>
public sealed record Augmentation(bool Flip, int Shift)
{
    /// <summary>Images as they are.</summary>
    public static Augmentation None { get; } = new(false, 0);
}
