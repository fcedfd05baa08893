using System.IO.Enumeration;

namespace Bnn;

/// <summary>What lies in a folder, not in its folders: the names of folders and images in <see cref="SourceNames.Order"/>.</summary>
/// <param name="Folders">The folders and links to folders whose names do not begin with a dot.</param>
/// <param name="Images">The files with an image's extension whose names do not begin with a dot.</param>
/// <param name="Others">How many other files and folders there are.</param>
internal sealed record FolderListing(string[] Folders, string[] Images, int Others)
{
    private enum Kind
    {
        Folder,
        Image,
        Other,
    }

    // Only one level, so that a link to a folder above it cannot lead in a circle.
    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Lists a folder.</summary>
    /// <exception cref="BnnFileException">There is no such folder, it is a file, or it may not be read.</exception>
    public static FolderListing Of(string folder, string remedy)
    {
        CheckFolder(folder, remedy);
        List<string> folders = [], images = [];
        var others = 0;
        try
        {
            foreach (var (kind, name) in new FileSystemEnumerable<(Kind Kind, string Name)>(folder, Entry, All))
            {
                if (kind == Kind.Other)
                {
                    others++;
                }
                else
                {
                    (kind == Kind.Folder ? folders : images).Add(name);
                }
            }
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            var problem = error is UnauthorizedAccessException ? "you may not read this folder" : $"cannot be listed ({error.Message})";
            throw new BnnFileException(folder, problem, "give a folder that you may read", error);
        }

        folders.Sort(SourceNames.Order);
        images.Sort(SourceNames.Order);
        return new([.. folders], [.. images], others);
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

    // Of 1.28 million names only those of images become strings.
    private static (Kind Kind, string Name) Entry(ref FileSystemEntry entry)
    {
        var name = entry.FileName;
        var kind =
            name.StartsWith('.') ? Kind.Other
            : entry.IsDirectory ? Kind.Folder
            : SourceNames.IsImage(Path.GetExtension(name)) ? Kind.Image
            : Kind.Other;
        return (kind, kind == Kind.Other ? "" : name.ToString());
    }
}
