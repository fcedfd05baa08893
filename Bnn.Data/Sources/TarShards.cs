using Microsoft.Win32.SafeHandles;

namespace Bnn;

/// <summary>
/// Images in one or several tar files, as WebDataset has them: each image beside a file of its class's index. Nothing is unpacked: an index
/// says where the images lie. It takes 20 bytes an image and its name's letters, for ImageNet's 1.28 million 50 to 60 MB.
/// </summary>
/// <remarks>The files stay open until the set and all that was picked from it are collected.</remarks>
internal sealed class TarShards : PartedSet
{
    private const string Remedy = "give tar files of images and their classes, as 00012.jpg and 00012.cls";

    private readonly Shard[] shards;

    private TarShards(IReadOnlyList<string> classes, Shard[] shards, int[] labels)
        : base(classes, labels, shards.Select(shard => shard.Lengths.Length)) =>
        (this.shards, PassedOver) = (shards, PassedOver.Of(shards.Select(shard => shard.PassedOver)));

    /// <summary>The entries that are neither an image nor a class nor a folder, or begin with a dot.</summary>
    public override PassedOver PassedOver { get; }

    /// <summary>Reads the headers and classes of the files, one file after another.</summary>
    /// <param name="files">The tar files, in this order.</param>
    /// <param name="classes">The names of the classes; class 0 is the first.</param>
    public static TarShards Open(IReadOnlyList<string> files, IReadOnlyList<string> classes) => Open(files, TarClasses.Of(classes));

    /// <summary>Reads the headers and classes of the files, one file after another.</summary>
    /// <param name="files">The tar files, in this order.</param>
    /// <param name="classes">The classes.</param>
    /// <exception cref="ArgumentException">There is no file.</exception>
    /// <exception cref="BnnFileException">A file is missing or damaged, or an image has no class, or a class no image or no name.</exception>
    public static TarShards Open(IReadOnlyList<string> files, TarClasses classes)
    {
        OutOfRange.ThrowIfLess(files.Count, 1, nameof(files));
        var shards = new List<Shard>();
        var labels = new List<int>();
        try
        {
            foreach (var file in files)
            {
                shards.Add(Index(file, classes, labels));
            }

            var (names, sorted) = classes.Sorted(labels, files[0]);
            return new(names, [.. shards], sorted);
        }
        catch
        {
            shards.ForEach(shard => shard.Handle.Dispose());
            throw;
        }
    }

    public override string NameOf(int index)
    {
        var (shard, number) = Find(index);
        return $"{shards[shard].Path}: {shards[shard].Names[number]}";
    }

    public override string OwnNameOf(int index)
    {
        var (shard, number) = Find(index);
        return shards[shard].Names[number];
    }

    public override FileStamp StampOf(int index)
    {
        var (shard, number) = Find(index);
        return new(shards[shard].Lengths[number], shards[shard].Written);
    }

    public override ReadOnlySpan<byte> Read(int index, ref byte[] buffer)
    {
        var (part, number) = Find(index);
        var shard = shards[part];
        var bytes = SourceFile.Take(ref buffer, shard.Lengths[number], shard.Path);
        var read = SourceFile.Read(shard.Handle, shard.Offsets[number], bytes, shard.Path);
        return read == bytes.Length
            ? bytes
            : throw new BnnFileException(
                shard.Path,
                $"has shrunk: {shard.Names[number]} lay at byte {shard.Offsets[number]} and had {bytes.Length} bytes, of which {read} are left",
                "keep the file unchanged while it is in use");
    }

    private static Shard Index(string path, TarClasses classes, List<int> labels)
    {
        var handle = SourceFile.Open(path, Remedy);
        try
        {
            var index = new TarIndex(handle, path, classes);
            labels.AddRange(index.Labels);
            return new(path, handle, index.Names, index.Offsets, index.Lengths, index.PassedOver, SourceFile.Stamp(path, Remedy).Written);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    // Without the index's own tables, which are needed while it is built only.
    private sealed record Shard(
        string Path, SafeFileHandle Handle, PackedNames Names, long[] Offsets, int[] Lengths, PassedOver PassedOver, long Written);
}
