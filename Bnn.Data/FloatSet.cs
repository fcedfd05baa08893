namespace Bnn;

/// <summary>Examples in memory that are numbers: vectors, series, or channels x height x width of anything.</summary>
public sealed class FloatSet : Examples
{
    private readonly int length;
    private readonly ReadOnlyMemory<float> targets;
    private readonly ReadOnlyMemory<int> labels;

    /// <summary>Examples with a class each. Nothing is copied: do not change it afterwards.</summary>
    /// <param name="size">The size of an example; a vector of n numbers is n x 1 x 1, a series of c channels and length n is c x 1 x n.</param>
    /// <param name="values">Finite numbers in the order example, channel, row, column, not normalized.</param>
    /// <param name="labels">The class of each example, an index into <paramref name="classes"/>.</param>
    /// <param name="classes">The names of the classes.</param>
    /// <exception cref="ArgumentException">Counts disagree, there is no example or no class, a number is not finite, or a label is no index of a class.</exception>
    public FloatSet(FeatureSize size, ReadOnlyMemory<float> values, ReadOnlyMemory<int> labels, IReadOnlyList<string> classes)
        : this(size, values, labels.Length)
    {
        ArgumentNullException.ThrowIfNull(classes);
        Labels.Check(labels.Span, classes.Count, nameof(labels), "example");
        (this.labels, Classes) = (labels, Array.AsReadOnly(classes.ToArray()));
    }

    /// <summary>Examples with what the network's outputs should be. Nothing is copied: do not change it afterwards.</summary>
    /// <param name="size">The size of an example.</param>
    /// <param name="values">Finite numbers in the order example, channel, row, column, not normalized.</param>
    /// <param name="targetSize">The size of a target, and so of the network's output.</param>
    /// <param name="targets">Finite numbers in the same order; the network's outputs are compared with them as they are.</param>
    /// <param name="targetRange">What the PSNR takes for the largest difference, above 0; default 1.</param>
    /// <exception cref="ArgumentException">Counts disagree, there is no example, or a number is not finite.</exception>
    public FloatSet(
        FeatureSize size, ReadOnlyMemory<float> values, FeatureSize targetSize, ReadOnlyMemory<float> targets, double targetRange = 1)
        : this(size, values, (int)(targetSize.Count > 0 ? targets.Length / targetSize.Count : 0))
    {
        CheckNumbers(targetSize, targets.Span, Count, nameof(targets));
        if (!(targetRange > 0 && double.IsFinite(targetRange)))
        {
            throw OutOfRange.Of(nameof(targetRange), targetRange, "a finite number above 0 is allowed");
        }

        (this.targets, TargetSize, TargetRange) = (targets, targetSize, targetRange);
    }

    private FloatSet(FeatureSize size, ReadOnlyMemory<float> values, int count)
    {
        CheckNumbers(size, values.Span, count, nameof(values));
        (Count, Size, Values, length) = (count, size, values, (int)size.Count);
    }

    private FloatSet(FloatSet set, int[] indices)
    {
        (Count, Size, length, Classes, TargetSize, TargetRange) = (indices.Length, set.Size, set.length, set.Classes, set.TargetSize, set.TargetRange);
        Values = Picked(set.Values, set.length, indices);
        targets = set.TargetSize is { } target ? Picked(set.targets, (int)target.Count, indices) : default;
        labels = set.TargetSize is null ? Picked(set.labels, 1, indices) : default;
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override FeatureSize Size { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Classes { get; } = [];

    /// <inheritdoc/>
    public override FeatureSize? TargetSize { get; }

    /// <inheritdoc/>
    public override double TargetRange { get; } = 1;

    /// <summary>The numbers in the order example, channel, row, column.</summary>
    public ReadOnlyMemory<float> Values { get; }

    internal override bool IsOfItsUser => false;

    /// <inheritdoc/>
    public override int Label(int index) => TargetSize is null ? labels.Span[Checked(index)] : base.Label(index);

    /// <inheritdoc/>
    public override void Write(int index, Span<float> inputs) => Values.Span.Slice(Checked(index) * length, length).CopyTo(inputs);

    /// <inheritdoc/>
    public override void WriteTarget(int index, Span<float> target)
    {
        if (TargetSize is not { } size)
        {
            base.WriteTarget(index, target);
            return;
        }

        targets.Span.Slice(Checked(index) * (int)size.Count, (int)size.Count).CopyTo(target);
    }

    internal override DataIdentity Identity()
    {
        using var sum = DataIdentity.Begin(this);
        sum.Numbers(labels.Span);
        sum.Numbers(Values.Span);
        sum.Numbers(targets.Span);
        return new(sum.Digits());
    }

    internal override Examples Pick(ReadOnlySpan<int> indices) => new FloatSet(this, indices.ToArray());

    private static ReadOnlyMemory<T> Picked<T>(ReadOnlyMemory<T> all, int length, int[] indices)
    {
        var picked = new T[length * indices.Length];
        for (var k = 0; k < indices.Length; k++)
        {
            all.Span.Slice(indices[k] * length, length).CopyTo(picked.AsSpan(k * length));
        }

        return picked;
    }

    private static void CheckNumbers(FeatureSize size, ReadOnlySpan<float> numbers, int count, string name)
    {
        if (size.Channels < 1 || size.Height < 1 || size.Width < 1)
        {
            throw new ArgumentException($"a size of {size} is none: each of its three numbers is at least 1", name);
        }

        if (count < 1)
        {
            throw new ArgumentException("a set holds at least one example", name);
        }

        if ((Int128)size.Channels * size.Height * size.Width * count != numbers.Length)
        {
            throw new ArgumentException(
                $"{count} examples of {size} have {(Int128)size.Channels * size.Height * size.Width * count} numbers, not {numbers.Length}", name);
        }

        for (var k = 0; k < numbers.Length; k++)
        {
            if (!float.IsFinite(numbers[k]))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"number {k % size.Count} of example {k / size.Count} is {numbers[k]}; give finite numbers"), name);
            }
        }
    }

    private int Checked(int index) => (uint)index < (uint)Count
        ? index
        : throw OutOfRange.Of(nameof(index), index, $"the set holds the examples 0 to {Count - 1}");
}
