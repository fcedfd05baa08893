using static TorchSharp.torch;

namespace Bnn;

/// <summary>The memory of a batch.</summary>
internal sealed unsafe class BatchSlot : IDisposable
{
    private readonly int numbers;
    private readonly int targetNumbers;
    private readonly nint inputs;
    private readonly nint targets;
    private readonly List<(int Place, BnnFileException Fault)> faults = [];

    public BatchSlot(Examples examples, int batch)
    {
        numbers = (int)examples.Size.Count;
        targetNumbers = (int)(examples.TargetSize?.Count ?? 0);

        // Not the caller's scope's: it lives as long as the feed.
        Inputs = empty([batch, examples.Channels, examples.Height, examples.Width], ScalarType.Float32, CPU).DetachFromDisposeScope();
        Targets = (examples.TargetSize is { } size ? empty([batch, size.Channels, size.Height, size.Width], ScalarType.Float32, CPU) : empty([batch], ScalarType.Int64, CPU))
            .DetachFromDisposeScope();
        (inputs, targets) = (Memory.Of(Inputs), Memory.Of(Targets));
    }

    public Tensor Inputs { get; }

    /// <summary>The labels, or what the outputs should be.</summary>
    public Tensor Targets { get; }

    /// <summary>Whether targets are labels.</summary>
    public bool HasLabels => targetNumbers == 0;

    /// <summary>The numbers of the example at a place.</summary>
    public Span<float> At(int place) => new((float*)inputs + (long)place * numbers, numbers);

    /// <summary>The numbers of the target at a place; none where there are labels.</summary>
    public Span<float> TargetAt(int place) => HasLabels ? [] : new((float*)targets + (long)place * targetNumbers, targetNumbers);

    public void SetLabel(int place, long label) => ((long*)targets)[place] = label;

    /// <summary>The example at a place could not be read.</summary>
    public void Failed(int place, BnnFileException fault)
    {
        lock (faults)
        {
            faults.Add((place, fault));
        }
    }

    /// <summary>Takes what could not be read, in the order of the places.</summary>
    public IReadOnlyList<(int Place, BnnFileException Fault)> TakeFaults()
    {
        if (faults.Count == 0)
        {
            return [];
        }

        var taken = faults.OrderBy(entry => entry.Place).ToList();
        faults.Clear();
        return taken;
    }

    /// <summary>Closes the gaps at these places.</summary>
    public void LeaveOut(int count, IEnumerable<int> places)
    {
        var next = 0;
        var gaps = places.ToHashSet();
        foreach (var place in Enumerable.Range(0, count).Where(place => !gaps.Contains(place)))
        {
            Move(place, next++);
        }
    }

    public void Dispose()
    {
        Inputs.Dispose();
        Targets.Dispose();
    }

    private void Move(int from, int to)
    {
        At(from).CopyTo(At(to));
        if (HasLabels)
        {
            SetLabel(to, ((long*)targets)[from]);
        }
        else
        {
            TargetAt(from).CopyTo(TargetAt(to));
        }
    }
}
