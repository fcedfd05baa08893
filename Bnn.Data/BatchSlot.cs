namespace Bnn;

/// <summary>The memory of a batch, which its owner keeps as long as the slot is used.</summary>
internal sealed unsafe class BatchSlot
{
    private readonly int numbers;
    private readonly int targetNumbers;
    private readonly nint inputs;
    private readonly nint targets;
    private readonly List<(int Place, BnnFileException Fault)> faults = [];

    /// <param name="examples">What is written to it.</param>
    /// <param name="inputs">The address of float32 numbers, as many as the largest batch's examples have.</param>
    /// <param name="targets">The address of one int64 an example; or of float32 numbers, where examples have targets of their own.</param>
    public BatchSlot(Examples examples, nint inputs, nint targets)
    {
        numbers = (int)examples.Size.Count;
        targetNumbers = (int)(examples.TargetSize?.Count ?? 0);
        (this.inputs, this.targets) = (inputs, targets);
    }

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
