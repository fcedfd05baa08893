namespace Bnn;

/// <summary>A class's folder and the folders within it, at any depth and through links, in the order of torchvision's ImageFolder.</summary>
/// <param name="Parts">Those that hold images.</param>
/// <param name="Others">What is passed over: other files, what begins with a dot, and links to a folder above.</param>
internal sealed record ClassFolder(IReadOnlyList<ImageFolderPart> Parts, PassedOver Others)
{
    /// <summary>Lists them.</summary>
    /// <param name="folder">The folder of the classes.</param>
    /// <param name="name">The class's folder in it.</param>
    /// <param name="remedy">Stands in errors.</param>
    /// <exception cref="BnnFileException">A folder may not be read.</exception>
    public static ClassFolder Of(string folder, string name, string remedy)
    {
        var walk = new Walk(Path.Join(folder, name), remedy);
        walk.Visit("", new(folder, null), name);

        // By whole paths, as Python sorts os.walk.
        walk.Parts.Sort((a, b) => SourceNames.Order.Compare(a.Within, b.Within));
        return new(walk.Parts, walk.Others.Counted);
    }

    private sealed class Walk(string root, string remedy)
    {
        public List<ImageFolderPart> Parts { get; } = [];

        public PassedOver.Counter Others { get; } = new();

        public void Visit(string within, OpenFolder above, string name)
        {
            var path = Path.Join(root, within);
            if (above.Enter(path, name) is not { } open)
            {
                Others.AddFolder();
                return;
            }

            var listing = FolderListing.Of(path, remedy);
            Others.Add(listing.Others);
            if (listing.Images.Length > 0)
            {
                Parts.Add(new(path, new(listing.Images, path), within));
            }

            foreach (var folder in listing.Folders)
            {
                Visit(within.Length == 0 ? folder : $"{within}/{folder}", open, folder);
            }
        }
    }

    /// <summary>A folder on the way to one that is being listed, so that a link to one of them, or above, is not followed in a circle.</summary>
    /// <param name="Real">Where it lies, without links where that was needed.</param>
    /// <param name="Above">The one before it.</param>
    private sealed record OpenFolder(string Real, OpenFolder? Above)
    {
        /// <summary>The folder of this name in it; null: a link that leads in a circle.</summary>
        public OpenFolder? Enter(string path, string name)
        {
            if (new DirectoryInfo(path).LinkTarget is null)
            {
                return new(Path.Join(Real, name), this);
            }

            var target = RealPath(path);
            for (var open = this; open is not null; open = open.Above)
            {
                if ($"{RealPath(open.Real)}/".StartsWith($"{target.TrimEnd('/')}/", StringComparison.Ordinal))
                {
                    return null;
                }
            }

            return new(target, this);
        }

        // .NET resolves a link, but no links above it.
        private static string RealPath(string path)
        {
            var real = "/";
            foreach (var name in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                real = Path.Join(real, name);
                real = Directory.ResolveLinkTarget(real, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : real;
            }

            return real;
        }
    }
}
