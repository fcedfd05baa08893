namespace Bnn;

/// <summary>ImageNet as it lies on disk, or other images in a folder a class.</summary>
internal sealed class ImageFolderSource(string folder, int size, bool skipDamaged) : DataSource
{
    public override string Name => $"images in {folder}";

    public override Dataset Load()
    {
        SourceSize.Check(size);
        var (train, test) = ImageFolder.Open(folder);
        return new(Name, new EncodedImages(train, size, skipDamaged), new EncodedImages(test, size, skipDamaged));
    }
}

/// <summary>Tar files of images beside the indices of their classes.</summary>
internal sealed class TarSource(string train, string test, string? classes, int? size, bool skipDamaged) : DataSource
{
    private const string ClassesFile = "classes.txt";

    public override string Name => $"images in {train}";

    public override Dataset Load()
    {
        if (size is { } given)
        {
            SourceSize.Check(given);
        }

        var files = Files(train);
        var names = ClassNames.Read(classes ?? Path.Join(Path.GetDirectoryName(files[0]), ClassesFile));
        return new(Name, Part(files, names), Part(Files(test), names));
    }

    private Images Part(IReadOnlyList<string> files, string[] names)
    {
        var shards = TarShards.Open(files, names);
        return size is { } given ? new EncodedImages(shards, given, skipDamaged) : DecodedImages.Of(shards, skipDamaged);
    }

    /// <summary>The file, or those that the last part of the path stands for, in order.</summary>
    private static IReadOnlyList<string> Files(string path)
    {
        var (folder, pattern) = (Path.GetDirectoryName(path) is { Length: > 0 } above ? above : ".", Path.GetFileName(path));
        if (!pattern.AsSpan().ContainsAny('*', '?'))
        {
            return [path];
        }

        FolderListing.CheckFolder(folder, "give the path of tar files");
        var found = Directory.GetFiles(folder, pattern).Order(SourceNames.Order).ToList();
        return found.Count > 0 ? found : throw new BnnFileException(folder, $"has no file like {pattern}", "give the path of tar files");
    }
}

/// <summary>CIFAR-10's binary version.</summary>
internal sealed class Cifar10Source(string folder) : DataSource
{
    public override string Name => "CIFAR-10";

    public override Dataset Load() => Cifar10.Read(folder);
}

internal static class SourceSize
{
    /// <exception cref="BnnConfigurationException">The size of a network's images is out of range.</exception>
    public static void Check(int size)
    {
        if (size is < 1 or > 4096)
        {
            throw new BnnConfigurationException([new Fault("size", $"{size}", "1 to 4096")]);
        }
    }
}
