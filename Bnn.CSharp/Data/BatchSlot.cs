using static TorchSharp.torch;

namespace Bnn;

/// <summary>The memory of a batch.</summary>
internal sealed unsafe class BatchSlot : IDisposable
{
    private readonly int numbers;
    private readonly int targetNumbers;
    private readonly nint inputs;
    private readonly nint targets;
    private readonly List<(int Place, BnnFileException Fault)> damaged = [];

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
            Move(place, next++);
        }

        return gaps.Count;
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
