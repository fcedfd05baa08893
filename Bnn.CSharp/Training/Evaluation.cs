using static TorchSharp.torch;

namespace Bnn;

/// <summary>How well a network classifies a set of images. Shares are in 0..1.</summary>
/// <param name="Top1">Share classified correctly.</param>
/// <param name="Top5">Share whose class is among the five most probable; 1 where there are at most five classes.</param>
/// <param name="Loss">Mean cross-entropy, in nats.</param>
/// <param name="Count">How many images.</param>
public sealed record Evaluation(double Top1, double Top5, double Loss, int Count)
{
    /// <summary>Images left out as damaged; they do not count.</summary>
    public long Skipped { get; init; }
}

/// <summary>Runs a network on images without training it.</summary>
internal static class Evaluator
{
    // so many images at once, but no more than have so many pixels
    private const int Batch = 250;
    private const int Pixels = 1 << 20;

    /// <summary>Calls <paramref name="use"/> with the logits and the labels of each batch, in the set's order, and then
    /// <paramref name="afterBatch"/>.</summary>
    /// <returns>Images left out as damaged.</returns>
    public static long Each(
        TorchNetwork network, NetworkMode mode, Normalization normalization, Images images, int workers, Action<Tensor, Tensor> use,
        Action? afterBatch = null)
    {
        using var noGradients = no_grad();
        var size = Math.Min(images.Count, Math.Clamp(Pixels / (images.Height * images.Width), 1, Batch));
        using var feed = new BatchFeed(images, size, workers);
        foreach (var batch in feed.Read([.. Enumerable.Range(0, images.Count)], BatchFeed.Cut(images.Count, size), new View(normalization)))
        {
            if (batch.Count > 0)
            {
                using var scope = NewDisposeScope();
                var inputs = batch.Inputs.narrow(0, 0, batch.Count).to(network.Device);
                use(network.Forward(inputs, mode with { Training = false, Watch = null }), batch.Labels.narrow(0, 0, batch.Count).to(network.Device));
            }

            afterBatch?.Invoke();
        }

        return feed.Skipped;
    }

    /// <summary>Evaluates; calls <paramref name="afterBatch"/> after each batch, which may stop it by an exception.</summary>
    /// <exception cref="BnnFileException">An image is damaged and none may be left out, or none is whole.</exception>
    public static Evaluation Evaluate(
        TorchNetwork network, NetworkMode mode, Normalization normalization, Images images, int workers, Action? afterBatch = null)
    {
        var (correct, amongFive, loss) = (0L, 0L, 0.0);
        var skipped = Each(network, mode, normalization, images, workers, (logits, truth) =>
        {
            correct += logits.argmax(1).eq(truth).sum().item<long>();
            var five = logits.topk((int)Math.Min(5, logits.shape[1]), 1).indexes;
            amongFive += five.eq(truth.unsqueeze(1)).sum().item<long>();
            loss += nn.functional.cross_entropy(logits, truth, reduction: nn.Reduction.Sum).item<float>();
        }, afterBatch);
        var count = images.Count - (int)skipped;
        if (count == 0)
        {
            throw new BnnFileException(images.NameOf(0), "and all other images to test on are damaged", "get the files again");
        }

        return new Evaluation(correct / (double)count, amongFive / (double)count, loss / count, count) { Skipped = skipped };
    }
}
