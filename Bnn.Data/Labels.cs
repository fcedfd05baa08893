namespace Bnn;

/// <summary>Labels, which must be indices of classes.</summary>
internal static class Labels
{
    /// <summary>The label of an example, whoever's code gives it.</summary>
    /// <exception cref="BnnTrainingException">It has thrown, or is no index of a class.</exception>
    public static int Of(Examples examples, int index)
    {
        int label;
        try
        {
            label = examples.Label(index);
        }
        catch (Exception e) when (e is not (BnnFileException or OperationCanceledException))
        {
            throw new BnnTrainingException($"the label of {examples.NameOf(index)} cannot be read: its source has thrown {e.GetType().Name}: {e.Message}", e);
        }

        return (uint)label < (uint)examples.Classes.Count
            ? label
            : throw new BnnTrainingException($"label {label} of {examples.NameOf(index)} is not within 0..{examples.Classes.Count - 1}");
    }

    /// <summary>All are indices of a class, and there are some.</summary>
    /// <exception cref="ArgumentException">They are not; says which.</exception>
    public static void Check(ReadOnlySpan<int> labels, int classes, string name, string what)
    {
        if (classes == 0)
        {
            throw new ArgumentException("a set has at least one class", "classes");
        }

        if (labels.IndexOfAnyExceptInRange(0, classes - 1) is >= 0 and var wrong)
        {
            throw new ArgumentException($"label {labels[wrong]} of {what} {wrong} is not within 0..{classes - 1}", name);
        }
    }
}
