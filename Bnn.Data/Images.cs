namespace Bnn;

/// <summary>Pictures of one size, as a network gets them: in memory (<see cref="ImageSet"/>), or on disk and decoded when they are
/// needed. At least one, and immutable.</summary>
public abstract class Images : Examples
{
    private protected Images()
    {
    }

    /// <inheritdoc/>
    public abstract override Picture this[int index] { get; }

    /// <inheritdoc/>
    public abstract override int Label(int index);

    internal abstract override (double[] Means, double[] Deviations) ChannelMoments();

    /// <summary>Writes a picture's pixels as it is tested on, black 0 and white 1, in the order channel, row, column.</summary>
    /// <exception cref="BnnFileException">Its file is missing or damaged.</exception>
    public override void Write(int index, Span<float> inputs)
    {
        using var reader = OpenReader();
        reader.Write(index, new View(Normalization.None(Channels)), inputs);
    }

    internal abstract override ExampleReader OpenReader();

    internal abstract override Examples Pick(ReadOnlySpan<int> indices);

    internal override bool IsOfItsUser => false;

    internal override bool CanBeAugmented => true;

    internal override string NameOf(int index) => $"image {index}";
}
