using System.Diagnostics;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A batch as a network gets it, in memory that a later batch uses again: valid until the next one is taken.</summary>
/// <param name="Inputs">Normalized images, N x C x H x W with N the largest batch; the first <paramref name="Count"/> count.</param>
/// <param name="Labels">Their classes.</param>
/// <param name="Count">How many images it holds.</param>
/// <param name="Done">How many of all images were handed out with it, those left out as damaged too.</param>
internal readonly record struct Batch(Tensor Inputs, Tensor Labels, int Count, int Done);

/// <summary>Images as batches, read and decoded ahead by some threads. Batches depend on the order and the view alone, not on how many
/// threads there are or which is faster. One reading at a time.</summary>
internal sealed class BatchFeed : IDisposable
{
    private const int Ahead = 2;

    private readonly Images images;
    private readonly BatchSlot[] slots;
    private readonly ImageReader[] readers;
    private readonly bool isThreaded;

    /// <param name="images">Where images come from.</param>
    /// <param name="batch">Images in the largest batch.</param>
    /// <param name="workers">Threads that read ahead; 0: whoever takes a batch fills it.</param>
    public BatchFeed(Images images, int batch, int workers)
    {
        this.images = images;
        isThreaded = workers > 0;
        slots = [.. Enumerable.Range(0, isThreaded ? Ahead + 1 : 1).Select(_ => new BatchSlot(images, batch))];
        readers = [.. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => images.OpenReader())];
    }

    /// <summary>Seconds in which a batch was wanted and was not there yet, since the feed was made.</summary>
    public double SecondsWaited { get; private set; }

    /// <summary>Images left out as damaged since the feed was made.</summary>
    public long Skipped { get; private set; }

    /// <summary>Batches of so many images at most, from the order's <paramref name="first"/> on; the last may be short.</summary>
    public static IReadOnlyList<(int Start, int Count)> Cut(int images, int batch, int first = 0) =>
        [.. Enumerable.Range(0, (images - first + batch - 1) / batch).Select(k => (first + k * batch, Math.Min(batch, images - first - k * batch)))];

    /// <summary>Hands out batches.</summary>
    /// <param name="order">Indices of images.</param>
    /// <param name="batches">Each batch's first place in the order and its number of images.</param>
    /// <param name="view">How images are looked at.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="BnnFileException">An image is damaged, the first one in the order, and damaged ones are not to be left out.</exception>
    public IEnumerable<Batch> Read(
        int[] order, IReadOnlyList<(int Start, int Count)> batches, View view, CancellationToken cancellation = default)
    {
        var work = new BatchWork(slots, order, batches, view);
        var threads = isThreaded ? readers.Select(reader => work.Start(reader, images)).ToList() : [];
        try
        {
            for (var k = 0; k < batches.Count; k++)
            {
                var clock = Stopwatch.GetTimestamp();
                if (!isThreaded)
                {
                    work.Fill(readers[0], images, k);
                }

                var slot = work.Wait(k, cancellation);
                SecondsWaited += Stopwatch.GetElapsedTime(clock).TotalSeconds;
                var (start, count) = batches[k];
                var left = count - slot.LeaveOutDamaged(count, images.SkipsDamaged);
                Skipped += count - left;
                yield return new Batch(slot.Inputs, slot.Labels, left, start + count);
                work.Release();
            }
        }
        finally
        {
            work.Stop();
            threads.ForEach(thread => thread.Join());
        }
    }

    public void Dispose()
    {
        Array.ForEach(slots, slot => slot.Dispose());
        Array.ForEach(readers, reader => reader.Dispose());
    }
}

/// <summary>The memory of a batch.</summary>
internal sealed unsafe class BatchSlot : IDisposable
{
    private readonly int numbers;
    private readonly nint inputs;
    private readonly nint labels;
    private readonly List<(int Place, BnnFileException Fault)> damaged = [];

    public BatchSlot(Images images, int batch)
    {
        numbers = images.Channels * images.Height * images.Width;

        // Not the caller's scope's: it lives as long as the feed.
        Inputs = empty([batch, images.Channels, images.Height, images.Width]).DetachFromDisposeScope();
        Labels = empty([batch], ScalarType.Int64).DetachFromDisposeScope();
        (inputs, labels) = (Memory.Of(Inputs), Memory.Of(Labels));
    }

    public Tensor Inputs { get; }

    public Tensor Labels { get; }

    /// <summary>The numbers of the image at a place.</summary>
    public Span<float> At(int place) => new((float*)inputs + (long)place * numbers, numbers);

    public void SetLabel(int place, long label) => ((long*)labels)[place] = label;

    public void Damaged(int place, BnnFileException fault)
    {
        lock (damaged)
        {
            damaged.Add((place, fault));
        }
    }

    /// <summary>Closes the gaps that damaged images leave; how many there were.</summary>
    /// <exception cref="BnnFileException">There is one, the first, and none may be left out.</exception>
    public int LeaveOutDamaged(int count, bool mayLeaveOut)
    {
        if (damaged.Count == 0)
        {
            return 0;
        }

        var places = damaged.OrderBy(entry => entry.Place).ToList();
        damaged.Clear();
        if (!mayLeaveOut)
        {
            throw places[0].Fault;
        }

        var next = 0;
        var gaps = places.Select(entry => entry.Place).ToHashSet();
        foreach (var place in Enumerable.Range(0, count).Where(place => !gaps.Contains(place)))
        {
            At(place).CopyTo(At(next));
            SetLabel(next++, ((long*)labels)[place]);
        }

        return gaps.Count;
    }

    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}
