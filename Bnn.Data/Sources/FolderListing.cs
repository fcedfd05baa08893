using System.IO.Enumeration;

namespace Bnn;

/// <summary>What lies in a folder, not in its folders: the names of folders and images in <see cref="SourceNames.Order"/>.</summary>
/// <param name="Folders">The folders and links to folders whose names do not begin with a dot.</param>
/// <param name="Images">The files with an image's extension, and those of other names whose first bytes are an image's, whose names do not begin with a dot.</param>
/// <param name="Others">The other files, and what begins with a dot.</param>
internal sealed record FolderListing(string[] Folders, string[] Images, PassedOver Others)
{
    private enum Kind
    {
        Folder,
        Image,
        File,
        Hidden,
    }

    // Only one level, so that a link to a folder above it cannot lead in a circle.
    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Lists a folder.</summary>
    /// <exception cref="BnnFileException">There is no such folder, it is a file, or it may not be read.</exception>
    public static FolderListing Of(string folder, string remedy)
    {
        CheckFolder(folder, remedy);
        List<string> folders = [], images = [];
        var others = new PassedOver.Counter();
        try
        {
            foreach (var (kind, name) in new FileSystemEnumerable<(Kind Kind, string Name)>(folder, Entry, All))
            {
                switch (kind)
                {
                    case Kind.Folder:
                        folders.Add(name);
                        break;
                    case Kind.Image or Kind.File when kind == Kind.Image || BeginsAsImage(Path.Join(folder, name)):
                        images.Add(name);
                        break;
                    case Kind.File:
                        others.AddFile(name);
                        break;
                    default:
                        others.AddHidden();
                        break;
                }
            }
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            var problem = error is UnauthorizedAccessException ? "you may not read this folder" : $"cannot be listed ({error.Message})";
            throw new BnnFileException(folder, problem, "give a folder that you may read", error);
        }

        CheckNames(folder, [.. folders, .. images]);
        folders.Sort(SourceNames.Order);
        images.Sort(SourceNames.Order);
        return new([.. folders], [.. images], others.Counted);
    }

    /// <summary>Refuses a path that is no folder.</summary>
    /// <exception cref="BnnFileException">There is no such folder, or it is a file.</exception>
    public static void CheckFolder(string folder, string remedy)
    {
        if (!Directory.Exists(folder))
        {
            throw new BnnFileException(folder, File.Exists(folder) ? "is a file, not a folder" : "there is no such folder", remedy);
        }
    }

    // What .NET has replaced is there under another name; what is not there under its own has such a name.
    private static void CheckNames(string folder, IEnumerable<string> names)
    {
        var lost = names.Where(name => name.Contains(RawNames.Replacement) && !Path.Exists(Path.Join(folder, name))).Order(SourceNames.Order).ToList();
        if (lost.Count > 0)
        {
            var raw = RawNames.In(folder);
            throw new BnnFileException(
                folder,
                $"{SourceNames.Count(lost.Count, "image or folder has a name", "images or folders have names")} that {(lost.Count == 1 ? "is" : "are")} not UTF-8: {SourceNames.Some(raw.Count > 0 ? raw : lost)}",
                "rename them, for instance by convmv -f latin1 -t utf8 -r --notest");
        }
    }

    // A file that cannot be read has a name that is no image's; so it is passed over, and said.
    private static bool BeginsAsImage(string path)
    {
        try
        {
            // A pipe or device has no length.
            var file = new FileInfo(path);
            if (((file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? file).Length == 0)
            {
                return false;
            }

            Span<byte> first = stackalloc byte[ImageHeader.KindBytes];
            using var handle = RegularFile.OpenShared(path);
            return ImageHeader.KindOf(first[..RandomAccess.Read(handle, first, 0)]) is not null;
        }
        catch (Exception error) when ((error is BnnFileException || AtomicFile.IsFileFault(error)) && !OpenFiles.AreExhausted(error))
        {
            return false;
        }
    }

    private static (Kind Kind, string Name) Entry(ref FileSystemEntry entry)
    {
        var name = entry.FileName;
        return name.StartsWith('.')
            ? (Kind.Hidden, "")
            : (entry.IsDirectory ? Kind.Folder : SourceNames.IsImage(Path.GetExtension(name)) ? Kind.Image : Kind.File, name.ToString());
    }
}
