namespace Bnn;

/// <summary>The images of one folder.</summary>
/// <param name="Folder">Its path.</param>
/// <param name="Names">The images' names.</param>
/// <param name="Within">Where it lies within its class's folder; empty: it is that.</param>
internal readonly record struct ImageFolderPart(string Folder, PackedNames Names, string Within = "");

/// <summary>Images that are files in folders. ImageNet's 1.28 million take 36 MB: 24 bytes a name and 4 a label.</summary>
/// <param name="classes">The names of the classes.</param>
/// <param name="folders">The folders, each with at least one image.</param>
/// <param name="labels">The classes of all images.</param>
/// <param name="passedOver">What is beside them and is not read.</param>
internal sealed class ImageFiles(IReadOnlyList<string> classes, ImageFolderPart[] folders, int[] labels, PassedOver passedOver)
    : PartedSet(classes, labels, folders.Select(folder => folder.Names.Count))
{
    private const string Remedy = "give files that you may read, and keep the folder unchanged while it is in use";

    public override PassedOver PassedOver => passedOver;

    /// <summary>How many lie in folders within those of their classes.</summary>
    public int Nested { get; } = folders.Where(folder => folder.Within.Length > 0).Sum(folder => folder.Names.Count);

    public override string NameOf(int index)
    {
        var (folder, number) = Find(index);
        return Path.Join(folders[folder].Folder, folders[folder].Names[number]);
    }

    public override string OwnNameOf(int index)
    {
        var (folder, number) = Find(index);
        return string.Join('/', ((string[])[Classes[Label(index)], folders[folder].Within, folders[folder].Names[number]]).Where(part => part.Length > 0));
    }

    public override FileStamp StampOf(int index) => SourceFile.Stamp(NameOf(index), Remedy);

    public override ReadOnlySpan<byte> Read(int index, ref byte[] buffer)
    {
        var path = NameOf(index);
        using var handle = SourceFile.Open(path, Remedy);
        var length = SourceFile.Length(handle, path);
        if (length == 0)
        {
            throw BnnFileException.OfContent(path, "is empty", "get the file again, or remove it");
        }

        var bytes = SourceFile.Take(ref buffer, length, path);
        var read = SourceFile.Read(handle, 0, bytes, path);
        return read == bytes.Length
            ? bytes
            : throw new BnnFileException(path, $"had {length} bytes, but only {read} could be read", Remedy);
    }
}
