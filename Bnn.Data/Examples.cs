namespace Bnn;

/// <summary>What a network is trained and tested on: examples of one size, each with a class or with the numbers that the network's outputs
/// should be. <see cref="Images"/> are pictures, a <see cref="FloatSet"/> holds numbers in memory. Derive from it for a source of one's own:
/// count, size, classes and labels (or target size and targets), and the numbers of example i; <see cref="Data.Own"/> takes it from there.</summary>
/// <remarks>A source is immutable: the same index always gives the same numbers, or a run that goes on is not that which was stopped. It is
/// read by the training's thread, and by several at once only with <c>BnnTrainer.WithDataWorkers</c>.</remarks>
public abstract class Examples
{
    /// <summary>How many there are, at least 1.</summary>
    public abstract int Count { get; }

    /// <summary>The size of an example: channels x height x width. A vector of n numbers is n x 1 x 1, a series of length n with c channels c x 1 x n.</summary>
    public abstract FeatureSize Size { get; }

    /// <summary>1 for grey pictures, 3 for red, green and blue; the numbers of a vector.</summary>
    public int Channels => (int)Size.Channels;

    /// <summary>The number of rows of every example.</summary>
    public int Height => (int)Size.Height;

    /// <summary>The number of columns of every example.</summary>
    public int Width => (int)Size.Width;

    /// <summary>The names of the classes; none where examples have targets.</summary>
    public virtual IReadOnlyList<string> Classes => [];

    /// <summary>The class of the example at <paramref name="index"/>, an index into <see cref="Classes"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    public virtual int Label(int index) => throw new InvalidOperationException("these examples have no classes: override Classes and Label");

    /// <summary>The size of what the network's outputs should be; null where examples have classes.</summary>
    public virtual FeatureSize? TargetSize => null;

    /// <summary>The largest value that a target's numbers take above their least, for the PSNR: 1 for pictures, whose black is 0 and whose
    /// white is 1. Default: 1.</summary>
    public virtual double TargetRange => 1;

    /// <summary>Writes the example's numbers in the order channel, row, column, not normalized.</summary>
    /// <param name="index">Which, counted from 0.</param>
    /// <param name="inputs">As many as <see cref="Size"/> says.</param>
    public abstract void Write(int index, Span<float> inputs);

    /// <summary>Writes what the network's outputs should be for the example, in the order channel, row, column.</summary>
    /// <param name="index">Which, counted from 0.</param>
    /// <param name="target">As many as <see cref="TargetSize"/> says.</param>
    public virtual void WriteTarget(int index, Span<float> target) =>
        throw new InvalidOperationException("these examples have no targets: override TargetSize and WriteTarget");

    /// <summary>The picture at <paramref name="index"/>, counted from 0, as it is tested on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    /// <exception cref="BnnFileException">Its file is missing or damaged.</exception>
    /// <exception cref="NotSupportedException">The examples are numbers, not pictures.</exception>
    public virtual Picture this[int index] => throw new NotSupportedException("these examples are numbers, not pictures: Write gives them");

    /// <summary>The means and deviations of the channels that inputs are normalized by, (x - mean) / deviation, unless
    /// <see cref="DataSource.WithNormalization"/> says otherwise: those of all examples, each of which is read twice; of pictures on disk ImageNet's
    /// (0.485, 0.456, 0.406; 0.229, 0.224, 0.225). Of pictures black is 0 and 255 is 1. A channel that has one value only has deviation 0.</summary>
    public (double[] Means, double[] Deviations) MeanAndDeviation() => ChannelMoments();

    /// <summary>The example at <paramref name="index"/> as it is trained on in an epoch, as a picture.</summary>
    /// <param name="index">Which, counted from 0.</param>
    /// <param name="augmentation">How it is augmented.</param>
    /// <param name="seed">The training's seed; default 1.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <exception cref="ArgumentException">The augmentation is wrong for these examples; says what.</exception>
    /// <exception cref="BnnFileException">The picture's file is missing or damaged.</exception>
    public Picture Augmented(int index, Augmentation augmentation, long seed = 1, ulong epoch = 0)
    {
        ArgumentNullException.ThrowIfNull(augmentation);
        return augmentation.Validate(this).FirstOrDefault() is { } fault
            ? throw new ArgumentException($"{fault}", nameof(augmentation))
            : Seen(index, new View(Normalization.Bytes(Channels), augmentation, seed, epoch));
    }

    /// <summary>The first <paramref name="count"/> examples.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not within 1..<see cref="Count"/>.</exception>
    public Examples Take(int count) => count >= 1 && count <= Count
        ? First(count)
        : throw OutOfRange.Of(nameof(count), count, $"the set holds {Count} examples: take 1 to {Count} of them");

    /// <summary>Splits the set at random into two, so that one can be held out of training to validate on.</summary>
    /// <param name="heldOut">The number of examples held out, at least 1 and less than <see cref="Count"/>.</param>
    /// <param name="seed">Any whole number; the same one gives the same two sets, on every machine and in every version of .NET.</param>
    /// <returns>Two sets in random order that together hold every example once.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="heldOut"/> leaves one of the two sets empty.</exception>
    public (Examples Train, Examples HeldOut) Split(int heldOut, long seed)
    {
        if (heldOut < 1 || heldOut >= Count)
        {
            throw OutOfRange.Of(
                nameof(heldOut), heldOut,
                $"the set holds {Count} examples: {(Count == 1 ? "one cannot be split" : $"hold 1 to {Count - 1} of them out")}");
        }

        // No training reaches this epoch, so the split is independent of the order in which a training visits the examples.
        ReadOnlySpan<int> order = Shuffle.Permutation(Count, seed, ulong.MaxValue);
        return (Pick(order[heldOut..]), Pick(order[..heldOut]));
    }

    /// <summary>How examples are augmented when they are trained on and nobody says otherwise.</summary>
    internal virtual Augmentation UsualAugmentation => Augmentation.None;

    /// <summary>How many threads read when nobody says otherwise; 0: whoever takes a batch does.</summary>
    internal virtual int UsualWorkers => 0;

    /// <summary>Up to which share of all examples damaged ones are left out and counted; null: they are errors.</summary>
    internal virtual double? DamagedLimit => null;

    /// <summary>How many were left out as damaged when the set was read.</summary>
    internal virtual int SkippedBefore => 0;

    /// <summary>What the place that they come from holds besides and is not read.</summary>
    internal virtual PassedOver PassedOver => PassedOver.None;

    /// <summary>What <see cref="MeanAndDeviation"/> gives.</summary>
    internal virtual (double[] Means, double[] Deviations) ChannelMoments() => Moments.Of(this);

    /// <summary>That of a training set: its own means and deviations.</summary>
    internal Normalization OwnNormalization()
    {
        var (means, deviations) = MeanAndDeviation();
        return new(means, deviations);
    }

    /// <summary>What tells these examples from others: read from memory, from the disk or from a user's code, and so not in no time.</summary>
    /// <exception cref="BnnFileException">A file is missing or cannot be read.</exception>
    /// <exception cref="BnnTrainingException">A user's code has thrown.</exception>
    internal virtual DataIdentity Identity() => DataIdentity.OfNumbers(this);

    /// <summary>Whether it is code of a user's, which is checked and identified by the name and version that its author gives it.</summary>
    internal virtual bool IsOfItsUser => true;

    /// <summary>Whether its examples are pictures, which an augmentation changes.</summary>
    internal virtual bool CanBeAugmented => false;

    /// <summary>What an example is called in errors.</summary>
    internal virtual string NameOf(int index) => $"example {index}";

    /// <summary>The first examples; there are as many.</summary>
    internal virtual Examples First(int count) => Pick([.. Enumerable.Range(0, count)]);

    /// <summary>The examples at these indices, one several times where it is named so.</summary>
    internal virtual Examples Pick(ReadOnlySpan<int> indices) => new PickedExamples(this, indices.ToArray());

    /// <summary>A reader for one thread.</summary>
    internal virtual ExampleReader OpenReader() => new NumberReader(this);

    /// <summary>The picture as bytes; the view's normalization gives them.</summary>
    private protected Picture Seen(int index, View view)
    {
        var numbers = new float[Size.Count];
        using var reader = OpenReader();
        reader.Write(index, view, numbers);
        return new(Channels, Height, Width, Array.ConvertAll(numbers, number => (byte)Math.Clamp(MathF.Round(number), 0, 255)));
    }
}

/// <summary>Some examples of a set, in an order.</summary>
internal sealed class PickedExamples(Examples set, int[] indices) : Examples
{
    public override int Count => indices.Length;

    public override FeatureSize Size => set.Size;

    public override IReadOnlyList<string> Classes => set.Classes;

    public override FeatureSize? TargetSize => set.TargetSize;

    public override double TargetRange => set.TargetRange;

    internal override bool IsOfItsUser => set.IsOfItsUser;

    internal override PassedOver PassedOver => set.PassedOver;

    public override int Label(int index) => set.Label(indices[index]);

    public override void Write(int index, Span<float> inputs) => set.Write(indices[index], inputs);

    public override void WriteTarget(int index, Span<float> target) => set.WriteTarget(indices[index], target);

    internal override string NameOf(int index) => set.NameOf(indices[index]);

    internal override Examples Pick(ReadOnlySpan<int> more) => new PickedExamples(set, [.. more.ToArray().Select(index => indices[index])]);
}
