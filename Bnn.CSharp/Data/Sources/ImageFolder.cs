namespace Bnn;

/// <summary>
/// Images in a folder for each class, as ImageNet lies on disk. The classes are the folders' names, sorted by code points, as torchvision
/// sorts them, and so are the files of a class. Files in folders of a class's folder do not belong to it.
/// </summary>
internal static class ImageFolder
{
    private const string Remedy =
        "give a folder that holds train and val, each with a folder of images for every class, or ImageNet as it was unpacked";

    private const string TestRemedy =
        "give a folder with a folder of images for every class, or ImageNet's validation images and " + ValidationSolution.File;

    private static readonly string[] Bases = ["", "ILSVRC/Data/CLS-LOC", "Data/CLS-LOC", "CLS-LOC"];

    /// <summary>
    /// The images to train on and those to test on, in the folders of <see cref="FolderParts"/>. Both are in <paramref name="root"/> or where
    /// ImageNet's archive has them, <c>ILSVRC/Data/CLS-LOC</c>. ImageNet's validation images may lie in one folder, if
    /// <c>LOC_val_solution.csv</c> is in it or in one of the four folders above.
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
        var testImages = test.Folders.Length == 0 && test.Images.Length > 0
            ? Flat(testFolder, test, classes)
            : OfClasses(testFolder, test, classes, Remedy);
        return (OfClasses(trainFolder, train, classes, Remedy), testImages, remarks);
    }

    /// <summary>
    /// The images of a single folder with a folder for each class, or of ImageNet's validation images in one folder, to test on; the classes
    /// are those that it holds.
    /// </summary>
    /// <exception cref="BnnFileException">The folder is missing or may not be read, holds no classes, or a class is empty.</exception>
    public static ImageFiles OpenTest(string folder)
    {
        var listing = FolderListing.Of(folder, TestRemedy);
        return listing switch
        {
            { Folders.Length: > 0 } => OfClasses(folder, listing, listing.Folders, TestRemedy),
            { Images.Length: > 0 } => Flat(folder, listing, null),
            _ => throw new BnnFileException(folder, $"holds no folders of classes, only {Content(listing)}", TestRemedy),
        };
    }

    private static FolderParts Parts(string root) =>
        Bases.Select(name => FolderParts.Find(Path.Join(root, name), Remedy)).FirstOrDefault(found => found is not null)
        ?? throw new BnnFileException(root, $"has neither {FolderParts.Wanted}, nor has {string.Join(" or ", Bases[1..])} in it", Remedy);

    private static ImageFiles OfClasses(string folder, FolderListing listing, IReadOnlyList<string> classes, string remedy)
    {
        CheckClasses(folder, classes, listing.Folders);
        var passedOver = new PassedOver.Counter();
        Add(listing.Others, listing.Images, 0);
        var folders = new ImageFolderPart[classes.Count];
        var empty = new List<string>();
        for (var label = 0; label < folders.Length; label++)
        {
            var path = Path.Join(folder, classes[label]);
            var inside = FolderListing.Of(path, remedy);
            folders[label] = new(path, new(inside.Images, path));
            Add(inside.Others, [], inside.Folders.Length);
            if (inside.Images.Length == 0)
            {
                empty.Add($"{classes[label]} ({Content(inside)})");
            }
        }

        if (empty.Count > 0)
        {
            throw new BnnFileException(
                folder,
                $"{SourceNames.Count(empty.Count, "class holds", "classes hold")} no images: {SourceNames.Some(empty)}",
                "put each class's images straight into its folder, or remove the folder");
        }

        int[] labels = [.. folders.SelectMany((part, label) => Enumerable.Repeat(label, part.Names.Count))];
        return new(classes, folders, labels, passedOver.Counted);

        void Add(PassedOver others, string[] files, int folders)
        {
            passedOver.Add(others);
            Array.ForEach(files, file => passedOver.AddFile(file));
            passedOver.AddFolder(folders);
        }
    }

    private static ImageFiles Flat(string folder, FolderListing listing, IReadOnlyList<string>? classes)
    {
        var solution = ValidationSolution.Find(folder, TestRemedy);
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
