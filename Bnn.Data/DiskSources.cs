namespace Bnn;

/// <summary>ImageNet as it lies on disk, or other images in a folder a class.</summary>
internal sealed class ImageFolderSource(string folder, int size, double? damagedLimit, bool isTurned) : DataSource
{
    public override string Name => $"images in {folder}";

    public override Dataset Load()
    {
        SourceChecks.Require(size, damagedLimit);
        var (train, test, remarks) = ImageFolder.Open(folder);
        return new(Name, Of(train), Of(test)) { Remarks = remarks };

        EncodedImages Of(ImageFiles files) => new EncodedImages(files, size, damagedLimit, isTurned: isTurned);
    }
}

/// <summary>Tar files of images beside the indices of their classes.</summary>
internal sealed class TarSource(string train, string test, string? classes, int? size, double? damagedLimit, bool isTurned) : DataSource
{
    private const string ClassesFile = "classes.txt";

    public override string Name => $"images in {train}";

    public override Dataset Load()
    {
        SourceChecks.Require(size, damagedLimit);
        var (files, testFiles) = (Files(train), Files(test));
        CheckApart(files, testFiles);
        var list = classes ?? Path.Join(Path.GetDirectoryName(files[0]), ClassesFile);
        var shards = TarShards.Open(files, classes is null && !File.Exists(list) ? TarClasses.OfImages(list) : TarClasses.Of(ClassNames.Read(list)));
        var (forTraining, names) = (Part(shards), shards.Classes);
        return new(Name, forTraining, Part(TarShards.Open(testFiles, names)));
    }

    // A pattern may stand for more than was meant; the same path twice is meant.
    private void CheckApart(IReadOnlyList<string> files, IReadOnlyList<string> testFiles)
    {
        if (train != test && files.Select(Path.GetFullPath).Intersect(testFiles.Select(Path.GetFullPath)).FirstOrDefault() is { } both)
        {
            throw new BnnFileException(
                both, $"is to be trained on, as one of {train}, and tested on, as one of {test}", "give two paths that have no file in common, train-*.tar and val-*.tar");
        }
    }

    private Images Part(TarShards shards) =>
        size is { } given ? new EncodedImages(shards, given, damagedLimit, isTurned: isTurned) : DecodedImages.Of(shards, damagedLimit, isTurned);

    /// <summary>The file, or those that the braces of the path and the pattern in its last part stand for, in order.</summary>
    private static IReadOnlyList<string> Files(string path) =>
        File.Exists(path) ? [path] : [.. ShardNames.Expand(path).SelectMany(Matching)];

    private static IReadOnlyList<string> Matching(string path)
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

/// <summary>CIFAR-100's binary version.</summary>
internal sealed class Cifar100Source(string folder, bool isCoarse) : DataSource
{
    public override string Name => isCoarse ? "CIFAR-100, coarse" : "CIFAR-100";

    public override Dataset Load() => Cifar100.Read(folder, Name, isCoarse);
}

/// <summary>CIFAR-10's binary version.</summary>
internal sealed class Cifar10Source(string folder) : DataSource
{
    public override string Name => "CIFAR-10";

    public override Dataset Load() => Cifar10.Read(folder);
}

internal static class SourceChecks
{
    /// <exception cref="BnnConfigurationException">The size of a network's images, or the share of damaged ones that are left out, is out of range.</exception>
    public static void Require(int? size, double? damagedLimit)
    {
        var faults = new List<Fault>();
        if (size is < 1 or > 4096)
        {
            faults.Add(new("size", FormattableString.Invariant($"{size}"), "1 to 4096"));
        }

        if (damagedLimit is { } share && !(share is >= 0 and <= 1))
        {
            faults.Add(new("damagedLimit", FormattableString.Invariant($"{share}"), "a share, 0 to 1"));
        }

        if (faults.Count > 0)
        {
            throw new BnnConfigurationException(faults);
        }
    }
}
