namespace Bnn;

/// <summary>Turns examples of a set into a network's inputs and targets. Used by one thread at a time.</summary>
internal abstract class ExampleReader : IDisposable
{
    /// <summary>Writes an example's normalized numbers in the order channel, row, column.</summary>
    /// <exception cref="BnnFileException">Its file is missing or damaged.</exception>
    public abstract void Write(int index, View view, Span<float> inputs);

    /// <summary>Writes the same, and what the network's outputs should be.</summary>
    public virtual void Write(int index, View view, Span<float> inputs, Span<float> target) => Write(index, view, inputs);

    public virtual void Dispose()
    {
    }
}

/// <summary>How examples are looked at.</summary>
/// <param name="Normalization">How their numbers become inputs.</param>
/// <param name="Augmentation">How they are augmented; null where they are tested on.</param>
/// <param name="Seed">The seed of a training's augmentation.</param>
/// <param name="Epoch">The epoch, so that an example changes from one to the next.</param>
internal sealed record View(Normalization Normalization, Augmentation? Augmentation = null, long Seed = 0, ulong Epoch = 0);

/// <summary>Reads examples that are numbers: a set's in memory, or a user's. What a user's code throws gets the example's name.</summary>
internal sealed class NumberReader(Examples examples) : ExampleReader
{
    public override void Write(int index, View view, Span<float> inputs)
    {
        Read(index, inputs, isTarget: false);
        view.Normalization.Apply(inputs);
    }

    public override void Write(int index, View view, Span<float> inputs, Span<float> target)
    {
        Write(index, view, inputs);
        if (!target.IsEmpty)
        {
            Read(index, target, isTarget: true);
        }
    }

    private void Read(int index, Span<float> numbers, bool isTarget)
    {
        try
        {
            // memory that an earlier batch has used: what the source leaves out must not be that batch's
            numbers.Clear();
            if (isTarget)
            {
                examples.WriteTarget(index, numbers);
            }
            else
            {
                examples.Write(index, numbers);
            }
        }
        catch (Exception e) when (e is not (BnnFileException or OperationCanceledException))
        {
            throw new BnnTrainingException($"{examples.NameOf(index)} cannot be read: its source has thrown {e.GetType().Name}: {e.Message}", e);
        }

        if (FirstBad(numbers) is { } place)
        {
            throw new BnnTrainingException(FormattableString.Invariant(
                $"{examples.NameOf(index)} holds {numbers[place]} as number {place} of its {(isTarget ? "target" : "inputs")}; give finite numbers"));
        }
    }

    private static int? FirstBad(ReadOnlySpan<float> numbers)
    {
        for (var k = 0; k < numbers.Length; k++)
        {
            if (!float.IsFinite(numbers[k]))
            {
                return k;
            }
        }

        return null;
    }
}
