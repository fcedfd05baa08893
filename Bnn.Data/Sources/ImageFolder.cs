namespace Bnn;

/// <summary>
/// Images in a folder for each class, as ImageNet lies on disk. The classes are the folders' names, sorted by code points, as torchvision
/// sorts them, and so are the files of a class. Files in folders of a class's folder belong to it, as torchvision has it.
/// </summary>
internal static class ImageFolder
{
    private const string Remedy =
        "give a folder that holds train and val, each with a folder of images for every class, or ImageNet as it was unpacked";

    private const string TestRemedy =
        "give a folder with a folder of images for every class, or ImageNet's validation images and " + ValidationSolution.File
        + " or the devkit's " + Devkit.File + " and meta.mat";

    private static readonly string[] Bases = ["", "ILSVRC/Data/CLS-LOC", "Data/CLS-LOC", "CLS-LOC"];

    /// <summary>
    /// The images to train on and those to test on, in the folders of <see cref="FolderParts"/>. Both are in <paramref name="root"/> or where
    /// ImageNet's archive has them, <c>ILSVRC/Data/CLS-LOC</c>. ImageNet's validation images may lie in one folder, if a file that
    /// <see cref="FlatLabels"/> reads is in it or in one of the four folders above.
    /// </summary>
    /// <exception cref="BnnFileException">A folder is missing or may not be read, several may be meant, a class is empty, or the two differ in their
    /// classes.</exception>
    public static (ImageFiles Train, ImageFiles Test, IReadOnlyList<string> Remarks) Open(string root)
    {
        FolderListing.CheckFolder(root, Remedy);
        var (trainFolder, testFolder, remarks) = Parts(root);
        var (train, test) = (FolderListing.Of(trainFolder, Remedy), FolderListing.Of(testFolder, Remedy));
        var classes = train.Folders.Length > 0
            ? train.Folders
            : throw new BnnFileException(trainFolder, $"holds no folders of classes, only {Content(train)}", Remedy);

        // The test images' classes first: they are compared by the folders' names, before a million files are listed.
        var testImages = FlatOrNull(testFolder, test, classes) ?? OfClasses(testFolder, test, classes, Remedy);
        var trainImages = OfClasses(trainFolder, train, classes, Remedy);
        return (trainImages, testImages, [.. remarks, .. Nested(trainFolder, trainImages), .. Nested(testFolder, testImages)]);
    }

    /// <summary>
    /// The images of a single folder with a folder for each class, or of ImageNet's validation images in one folder, to test on; the classes
    /// are those that it holds.
    /// </summary>
    /// <exception cref="BnnFileException">The folder is missing or may not be read, holds no classes, or a class is empty.</exception>
    public static ImageFiles OpenTest(string folder)
    {
        var listing = FolderListing.Of(folder, TestRemedy);
        return FlatOrNull(folder, listing, null)
            ?? (listing.Folders.Length > 0
                ? OfClasses(folder, listing, listing.Folders, TestRemedy)
                : throw new BnnFileException(folder, $"holds no folders of classes, only {Content(listing)}", TestRemedy));
    }

    private static IEnumerable<string> Nested(string folder, ImageFiles images) =>
        images.Nested == 0
            ? []
            : [$"{SourceNames.Count(images.Nested, "image", "images")} of {folder} lie in folders within a class's folder, and belong to that class"];

    private static FolderParts Parts(string root) =>
        Bases.Select(name => FolderParts.Find(Path.Join(root, name), Remedy)).FirstOrDefault(found => found is not null)
        ?? throw new BnnFileException(root, $"has neither {FolderParts.Wanted}, nor has {string.Join(" or ", Bases[1..])} in it", Remedy);

    private static ImageFiles OfClasses(string folder, FolderListing listing, IReadOnlyList<string> classes, string remedy)
    {
        CheckClasses(folder, classes, listing.Folders);
        var passedOver = new PassedOver.Counter();
        passedOver.Add(listing.Others);
        Array.ForEach(listing.Images, file => passedOver.AddFile(file));
        var folders = new List<(int Label, ImageFolderPart Part)>();
        var empty = new List<string>();
        for (var label = 0; label < classes.Count; label++)
        {
            var inside = ClassFolder.Of(folder, classes[label], remedy);
            folders.AddRange(inside.Parts.Select(part => (label, part)));
            passedOver.Add(inside.Others);
            if (inside.Parts.Count == 0)
            {
                empty.Add($"{classes[label]} ({(inside.Others.Count == 0 ? "nothing" : $"{inside.Others}")} in it)");
            }
        }

        if (empty.Count > 0)
        {
            throw new BnnFileException(
                folder,
                $"{SourceNames.Count(empty.Count, "class holds", "classes hold")} no images: {SourceNames.Some(empty)}",
                "put each class's images into its folder, in a kind that is read, or remove the folder");
        }

        int[] labels = [.. folders.SelectMany(folder => Enumerable.Repeat(folder.Label, folder.Part.Names.Count))];
        return new(classes, [.. folders.Select(folder => folder.Part)], labels, passedOver.Counted);
    }

    // Images in the folder itself, or in Tiny ImageNet's folder in it; null: there are folders of classes, or nothing.
    private static ImageFiles? FlatOrNull(string folder, FolderListing listing, IReadOnlyList<string>? classes)
    {
        if (TinyAnnotations.Images(folder, listing.Folders) is { } tiny)
        {
            return Flat(tiny, FolderListing.Of(tiny, TestRemedy), classes);
        }

        return listing.Folders.Length == 0 && listing.Images.Length > 0 ? Flat(folder, listing, classes) : null;
    }

    private static ImageFiles Flat(string folder, FolderListing listing, IReadOnlyList<string>? classes)
    {
        var solution = FlatLabels.Find(folder, TestRemedy);
        var found = solution.ClassesOf(folder, listing.Images);
        var names = found.Distinct().Order(SourceNames.Order).ToArray();
        if (classes is not null)
        {
            CheckClasses(solution.Path, classes, names);
        }

        var labelOf = names.Index().ToDictionary(named => named.Item, named => named.Index);
        var labels = Array.ConvertAll(found, name => labelOf[name]);
        return new(names, [new(folder, new(listing.Images, folder))], labels, listing.Others);
    }

    private static void CheckClasses(string place, IReadOnlyList<string> wanted, IReadOnlyList<string> found)
    {
        List<string> missing = [.. wanted.Except(found)], strange = [.. found.Except(wanted)];
        if (missing.Count + strange.Count == 0)
        {
            return;
        }

        var problem = new List<string>();
        if (missing.Count > 0)
        {
            problem.Add($"lacks {SourceNames.Count(missing.Count, "class", "classes")} of train: {SourceNames.Some(missing)}");
        }

        if (strange.Count > 0)
        {
            problem.Add($"has {SourceNames.Count(strange.Count, "class", "classes")} that train lacks: {SourceNames.Some(strange)}");
        }

        throw new BnnFileException(place, string.Join("; it ", problem), "train and test on the same classes");
    }

    private static string Content(FolderListing listing) =>
        listing switch
        {
            { Folders.Length: > 0 } => $"{SourceNames.Count(listing.Folders.Length, "folder", "folders")} in it",
            { Images.Length: > 0 } => $"{SourceNames.Count(listing.Images.Length, "image", "images")}",
            { Others.Count: > 0 } => $"{SourceNames.Count(listing.Others.Count, "other file", "other files")} in it",
            _ => "nothing in it",
        };
}
