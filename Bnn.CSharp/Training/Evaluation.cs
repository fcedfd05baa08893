using System.Text;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>How good a network is on a set of examples. Shares are in 0..1.</summary>
/// <param name="Top1">Share classified correctly; NaN where examples have targets in place of classes.</param>
/// <param name="Top5">Share whose class is among the five most probable; 1 where there are at most five classes; NaN as top-1 is.</param>
/// <param name="Loss">Mean cross-entropy, in nats; mean squared error where examples have targets.</param>
/// <param name="Count">How many examples.</param>
public sealed record Evaluation(double Top1, double Top5, double Loss, int Count)
{
    /// <summary>Images left out as damaged; they do not count.</summary>
    public long Skipped { get; init; }

    /// <summary>Files and folders beside the images that were passed over because they are no images, by kind, <c>3 .tif, 1 folder</c>; empty: none were.</summary>
    public string PassedOver { get; init; } = "";

    /// <summary>Mean PSNR of the outputs, in dB: 10 log10(range^2 / mean squared error) of each example, at most 100; NaN where examples have classes.</summary>
    public double Psnr { get; init; } = double.NaN;

    /// <summary>What is better the larger it is: top-1 or the PSNR.</summary>
    internal double Score => double.IsNaN(Psnr) ? Top1 : Psnr;

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>Runs a network on images without training it.</summary>
internal static class Evaluator
{
    // so many images at once, but no more than have so many pixels
    private const int Batch = 250;
    private const int Pixels = 1 << 20;

    /// <summary>Calls <paramref name="use"/> with the inputs, the outputs and the targets of each batch, in the set's order, and then
    /// <paramref name="afterBatch"/>; of all examples, or of so many <paramref name="first"/>.</summary>
    /// <returns>Images left out as damaged.</returns>
    public static long Each(
        TorchNetwork network, NetworkMode mode, Normalization normalization, Examples examples, int workers, Action<Tensor, Tensor, Tensor> use,
        Action? afterBatch = null, int? first = null)
    {
        using var noGradients = no_grad();
        var count = first ?? examples.Count;
        var size = Math.Min(count, Math.Clamp(Pixels / (examples.Height * examples.Width), 1, Batch));
        using var feed = new BatchFeed(examples, size, workers);
        foreach (var batch in feed.Read([.. Enumerable.Range(0, count)], BatchFeed.Cut(count, size), new View(normalization)))
        {
            if (batch.Count > 0)
            {
                using var scope = NewDisposeScope();
                var inputs = batch.Inputs.narrow(0, 0, batch.Count).to(network.Device);
                var outputs = TooLittleMemory.Named(
                    () => $"{network.Description.Name} on {batch.Count} examples of {examples.Channels} x {examples.Height} x {examples.Width}",
                    "use a machine with more memory",
                    () => network.Forward(inputs, mode with { Training = false, Watch = null }));
                use(inputs, outputs, batch.Targets.narrow(0, 0, batch.Count).to(network.Device));
            }

            afterBatch?.Invoke();
        }

        return feed.Skipped;
    }

    /// <summary>Evaluates; calls <paramref name="afterBatch"/> after each batch, which may stop it by an exception.</summary>
    /// <param name="network">The network.</param>
    /// <param name="mode">What of it is binary.</param>
    /// <param name="normalization">How it sees examples.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="workers">Threads that read them.</param>
    /// <param name="order">Where the network's outputs stand in the order of the examples' classes.</param>
    /// <param name="afterBatch">Called after each batch.</param>
    /// <param name="first">So many examples alone; null for all.</param>
    /// <exception cref="BnnFileException">An image cannot be read, or is damaged and may not be left out, or none is whole.</exception>
    /// <exception cref="NotFiniteException">An output is not finite; says which layer is the first.</exception>
    public static Evaluation Evaluate(
        TorchNetwork network, NetworkMode mode, Normalization normalization, Examples examples, int workers, ClassOrder order,
        Action? afterBatch = null, int? first = null)
    {
        var sums = new Sums(examples.TargetSize is null ? null : examples.TargetRange);
        var skipped = Each(network, mode, normalization, examples, workers, Add, afterBatch, first);
        var count = (first ?? examples.Count) - (int)skipped;
        return count == 0
            ? throw new BnnFileException(examples.NameOf(0), "this and all other images to test on are damaged", "get the files again")
            : sums.Of(count) with { Skipped = skipped, PassedOver = examples.PassedOver.ToString() };

        void Add(Tensor inputs, Tensor outputs, Tensor target)
        {
            if (Finite.Fault(outputs) is { } fault)
            {
                var first = network.FirstLost() ?? network.FirstLostLayer(inputs, mode with { Training = false });
                throw new NotFiniteException($"the network's outputs are {fault}: {first}");
            }

            sums.Add(order.Of(outputs), target);
        }
    }

    /// <summary>What batches add up to.</summary>
    /// <param name="range">The targets' range; null where examples have classes.</param>
    private sealed class Sums(double? range)
    {
        private long amongFive;
        private double loss;
        private Measure measure;

        public void Add(Tensor outputs, Tensor target)
        {
            if (range is null)
            {
                var five = outputs.topk((int)Math.Min(5, outputs.shape[1]), 1).indexes;
                amongFive += five.eq(target.unsqueeze(1)).sum().item<long>();
                loss += nn.functional.cross_entropy(outputs, target, reduction: nn.Reduction.Sum).item<float>();
                measure += Measure.Of(outputs, target, 1);
                return;
            }

            var own = target.view_as(outputs);
            loss += outputs.sub(own).Squared().flatten(1).mean([1]).sum().item<float>();
            measure += Measure.Of(outputs, own, range.Value);
        }

        public Evaluation Of(int count) => range is null
            ? new(measure.Correct / (double)count, amongFive / (double)count, loss / count, count)
            : new(double.NaN, double.NaN, loss / count, count) { Psnr = measure.Psnr / count };
    }
}
