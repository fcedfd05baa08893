using System.Diagnostics;

namespace Bnn;

/// <summary>A batch that has been read, in memory that a later batch uses again: valid until the next one is taken.</summary>
/// <param name="Slot">Where its memory is among the feed's.</param>
/// <param name="Count">How many examples it holds.</param>
/// <param name="Done">How many of all examples were handed out with it, those left out as damaged too.</param>
internal readonly record struct FilledBatch(int Slot, int Count, int Done);

/// <summary>Examples as batches, read and decoded ahead by some threads. Batches depend on the order and the view alone, not on how many
/// threads there are or which is faster. One reading at a time.</summary>
internal sealed class ExampleFeed : IDisposable
{
    private const int Ahead = 2;

    private readonly Examples examples;
    private readonly BatchSlot[] slots;
    private readonly ExampleReader[] readers;
    private readonly bool isThreaded;
    private readonly DamagedImages damaged;

    /// <param name="examples">Where examples come from.</param>
    /// <param name="slots">Memory of <see cref="Slots"/> batches.</param>
    /// <param name="workers">Threads that read ahead; 0: whoever takes a batch fills it.</param>
    public ExampleFeed(Examples examples, IReadOnlyList<BatchSlot> slots, int workers)
    {
        this.examples = examples;
        this.slots = [.. slots];
        isThreaded = workers > 0;
        damaged = new(examples.DamagedLimit, examples.Count);
        readers = [.. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => examples.OpenReader())];
    }

    /// <summary>How many batches have memory at a time: one, and those that are read ahead.</summary>
    public static int Slots(int workers) => workers > 0 ? Ahead + 1 : 1;

    /// <summary>Seconds in which a batch was wanted and was not there yet, since the feed was made.</summary>
    public double SecondsWaited { get; private set; }

    /// <summary>Images left out as damaged since the feed was made.</summary>
    public long Skipped { get; private set; }

    /// <summary>Batches of so many images at most, from the order's <paramref name="first"/> on; the last may be short.</summary>
    public static IReadOnlyList<(int Start, int Count)> Cut(int images, int batch, int first = 0) =>
        [.. Enumerable.Range(0, (images - first + batch - 1) / batch).Select(k => (first + k * batch, Math.Min(batch, images - first - k * batch)))];

    /// <summary>Hands out batches.</summary>
    /// <param name="order">Indices of examples.</param>
    /// <param name="batches">Each batch's first place in the order and its number of examples.</param>
    /// <param name="view">How images are looked at.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="BnnFileException">An image could not be read, or is damaged and may not be left out: the first such in the order.</exception>
    public IEnumerable<FilledBatch> Read(
        int[] order, IReadOnlyList<(int Start, int Count)> batches, View view, CancellationToken cancellation = default)
    {
        var work = new BatchWork(slots, order, batches, view);
        var threads = isThreaded ? readers.Select(reader => work.Start(reader, examples)).ToList() : [];
        try
        {
            for (var k = 0; k < batches.Count; k++)
            {
                var clock = Stopwatch.GetTimestamp();
                if (!isThreaded)
                {
                    work.Fill(readers[0], examples, k);
                }

                var slot = work.Wait(k, cancellation);
                SecondsWaited += Stopwatch.GetElapsedTime(clock).TotalSeconds;
                var (start, count) = batches[k];
                var left = count - LeaveOutDamaged(slot, order.AsSpan(start, count));
                Skipped += count - left;
                yield return new FilledBatch(k % slots.Length, left, start + count);
                work.Release();
            }
        }
        finally
        {
            work.Stop();
            threads.ForEach(thread => thread.Join());
        }
    }

    // How many were left out.
    private int LeaveOutDamaged(BatchSlot slot, ReadOnlySpan<int> indices)
    {
        var faults = slot.TakeFaults();
        foreach (var (place, fault) in faults)
        {
            damaged.Take(indices[place], fault);
        }

        if (faults.Count > 0)
        {
            slot.LeaveOut(indices.Length, faults.Select(entry => entry.Place));
        }

        return faults.Count;
    }

    public void Dispose() => Array.ForEach(readers, reader => reader.Dispose());
}
