namespace Bnn;

/// <summary>
/// Labelled images as they are stored, JPEG for instance, each read when it is asked for. It is immutable, and all its
/// members can be called from several threads at once.
/// </summary>
internal abstract class EncodedSet
{
    /// <summary>The number of images.</summary>
    public abstract int Count { get; }

    /// <summary>The names of the classes.</summary>
    public abstract IReadOnlyList<string> Classes { get; }

    /// <summary>What the place of the images holds besides and is not read.</summary>
    public abstract PassedOver PassedOver { get; }

    /// <summary>The class of an image, an index into <see cref="Classes"/>.</summary>
    public abstract int Label(int index);

    /// <summary>What the image is called in errors: the file's path, or <c>shard.tar: train/00012.jpg</c>.</summary>
    public abstract string NameOf(int index);

    /// <summary>What the image is called wherever the set lies: <c>cat/00012.jpg</c>.</summary>
    public abstract string OwnNameOf(int index);

    /// <summary>The image's size, and when its file was written; its bytes are not read.</summary>
    /// <exception cref="BnnFileException">The file is missing or cannot be read.</exception>
    public abstract FileStamp StampOf(int index);

    /// <summary>The image's bytes, at least one.</summary>
    /// <param name="index">The image, counted from 0.</param>
    /// <param name="buffer">What they are read into, replaced by a longer one where it is too short. Each thread has its own.</param>
    /// <exception cref="BnnFileException">The file is missing, empty, has shrunk or cannot be read; that it is empty is its content's fault, the others are not.</exception>
    public abstract ReadOnlySpan<byte> Read(int index, ref byte[] buffer);

    /// <summary>These images in this order; none, all, or one several times.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public virtual EncodedSet Pick(int[] indices) => new Picked(this, Array.ConvertAll(indices, Checked));

    /// <summary>The index, if there is such an image.</summary>
    protected int Checked(int index) =>
        (uint)index < (uint)Count
            ? index
            : throw OutOfRange.Of(
                nameof(index), index, Count == 0 ? "the set is empty" : $"the set holds the images 0 to {Count - 1}");

    private sealed class Picked(EncodedSet set, int[] indices) : EncodedSet
    {
        public override int Count => indices.Length;

        public override IReadOnlyList<string> Classes => set.Classes;

        public override PassedOver PassedOver => set.PassedOver;

        public override int Label(int index) => set.Label(indices[Checked(index)]);

        public override string NameOf(int index) => set.NameOf(indices[Checked(index)]);

        public override string OwnNameOf(int index) => set.OwnNameOf(indices[Checked(index)]);

        public override FileStamp StampOf(int index) => set.StampOf(indices[Checked(index)]);

        public override ReadOnlySpan<byte> Read(int index, ref byte[] buffer) => set.Read(indices[Checked(index)], ref buffer);

        // From the set that has the images, so that picking again and again does not make reading slower.
        public override EncodedSet Pick(int[] more) =>
            new Picked(set, Array.ConvertAll(more, index => indices[Checked(index)]));
    }
}

/// <summary>A set whose images lie in several places, folders or tar files, one place after another.</summary>
internal abstract class PartedSet : EncodedSet
{
    private readonly int[] labels;
    private readonly int[] starts;

    /// <summary>Makes a set from the number of images of each place, all positive, and the labels of all.</summary>
    protected PartedSet(IReadOnlyList<string> classes, int[] labels, IEnumerable<int> counts)
    {
        (Classes, this.labels) = (classes, labels);
        var start = 0;
        starts = [.. counts.Select(count => (start += count) - count)];
    }

    public sealed override int Count => labels.Length;

    public sealed override IReadOnlyList<string> Classes { get; }

    public sealed override int Label(int index) => labels[Checked(index)];

    /// <summary>The place that has the image, and its number there.</summary>
    protected (int Part, int Number) Find(int index)
    {
        var found = Array.BinarySearch(starts, Checked(index));
        var part = found >= 0 ? found : ~found - 1;
        return (part, index - starts[part]);
    }
}
