using static TorchSharp.torch;

namespace Bnn;

/// <summary>A batch as a network gets it, in memory that a later batch uses again: valid until the next one is taken.</summary>
/// <param name="Inputs">Normalized examples, N x C x H x W with N the largest batch; the first <paramref name="Count"/> count.</param>
/// <param name="Targets">Their classes, N whole numbers; or what the outputs should be, N x C x H x W.</param>
/// <param name="Count">How many examples it holds.</param>
/// <param name="Done">How many of all examples were handed out with it, those left out as damaged too.</param>
internal readonly record struct Batch(Tensor Inputs, Tensor Targets, int Count, int Done);

/// <summary>Examples as batches of tensors: <see cref="ExampleFeed"/> reads them into the tensors' memory.</summary>
internal sealed class BatchFeed : IDisposable
{
    private readonly (Tensor Inputs, Tensor Targets)[] tensors;
    private readonly ExampleFeed feed;

    /// <param name="examples">Where examples come from.</param>
    /// <param name="batch">Examples in the largest batch.</param>
    /// <param name="workers">Threads that read ahead; 0: whoever takes a batch fills it.</param>
    public BatchFeed(Examples examples, int batch, int workers)
    {
        tensors = [.. Enumerable.Range(0, ExampleFeed.Slots(workers)).Select(_ => TensorsOf(examples, batch))];
        feed = new(examples, [.. tensors.Select(slot => new BatchSlot(examples, Memory.Of(slot.Inputs), Memory.Of(slot.Targets)))], workers);
    }

    /// <summary>Seconds in which a batch was wanted and was not there yet, since the feed was made.</summary>
    public double SecondsWaited => feed.SecondsWaited;

    /// <summary>Images left out as damaged since the feed was made.</summary>
    public long Skipped => feed.Skipped;

    /// <inheritdoc cref="ExampleFeed.Cut"/>
    public static IReadOnlyList<(int Start, int Count)> Cut(int images, int batch, int first = 0) => ExampleFeed.Cut(images, batch, first);

    /// <inheritdoc cref="ExampleFeed.Read"/>
    public IEnumerable<Batch> Read(
        int[] order, IReadOnlyList<(int Start, int Count)> batches, View view, CancellationToken cancellation = default) =>
        feed.Read(order, batches, view, cancellation)
            .Select(batch => new Batch(tensors[batch.Slot].Inputs, tensors[batch.Slot].Targets, batch.Count, batch.Done));

    public void Dispose()
    {
        feed.Dispose();
        foreach (var (inputs, targets) in tensors)
        {
            inputs.Dispose();
            targets.Dispose();
        }
    }

    // Not of the caller's scope: they live as long as the feed.
    private static (Tensor Inputs, Tensor Targets) TensorsOf(Examples examples, int batch) => (
        empty([batch, examples.Channels, examples.Height, examples.Width], ScalarType.Float32, CPU).DetachFromDisposeScope(),
        (examples.TargetSize is { } size ? empty([batch, size.Channels, size.Height, size.Width], ScalarType.Float32, CPU) : empty([batch], ScalarType.Int64, CPU))
        .DetachFromDisposeScope());
}
