using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Bnn;

/// <summary>
/// Where the images of one tar file lie, and their classes. As in WebDataset, what a name has before the first dot of its last part is its
/// key: <c>train/00012.jpg</c> and <c>train/00012.cls</c> are an image and its class. They need not be neighbours. What has another extension is the
/// image of its key where its first bytes are an image's and the key has none by name.
/// </summary>
internal sealed class TarIndex
{
    // The digits of an int, and blanks around them.
    private const int LongestClass = 32;

    private const int None = -1;

    private struct Sample
    {
        public string? Image;
        public bool IsNamed;
        public long Offset;
        public int Length;
        public int Label;
        public long Header;
    }

    private readonly int classes;
    private readonly TarWalk walk;
    private readonly List<Sample> samples = [];
    private readonly Dictionary<string, int> keys = new(StringComparer.Ordinal);
    private readonly PassedOver.Counter passedOver = new();
    private string? firstOther;

    /// <summary>Reads the headers and classes of a tar file.</summary>
    /// <exception cref="BnnFileException">The file is damaged, an image or its class is missing, or the class is none.</exception>
    public TarIndex(SafeFileHandle handle, string path, int classes)
    {
        this.classes = classes;
        walk = new(handle, path);
        while (walk.Next(out var entry))
        {
            Add(entry);
        }

        CheckPairs(path);
        Names = new([.. samples.Select(sample => sample.Image!)], path);
        Offsets = [.. samples.Select(sample => sample.Offset)];
        Lengths = [.. samples.Select(sample => sample.Length)];
        Labels = [.. samples.Select(sample => sample.Label)];
    }

    /// <summary>The images' names, in the file's order.</summary>
    public PackedNames Names { get; }

    /// <summary>Where each image begins.</summary>
    public long[] Offsets { get; }

    /// <summary>The number of bytes of each image.</summary>
    public int[] Lengths { get; }

    /// <summary>The class of each image.</summary>
    public int[] Labels { get; }

    /// <summary>The entries that are neither an image nor a class nor a folder, or begin with a dot.</summary>
    public PassedOver PassedOver => passedOver.Counted;

    private void Add(in TarEntry entry)
    {
        var name = entry.Name.AsSpan();
        if (name.EndsWith('/'))
        {
            return;
        }

        var begin = name.LastIndexOf('/') + 1;
        var dot = name[begin..].IndexOf('.');
        var end = dot < 0 ? name.Length : begin + dot;
        var extension = name[end..];
        var isClass = extension.Equals(".cls", StringComparison.OrdinalIgnoreCase);
        if (!isClass && extension.EndsWith(".cls", StringComparison.OrdinalIgnoreCase) && dot > 0)
        {
            throw walk.Fault(
                entry.Header, $"{entry.Name} has dots before its extension, and a key ends at the first dot: its image would be passed over",
                "write the tar file with names that have one dot");
        }

        var isNamed = SourceNames.IsImage(extension);
        if (dot == 0 || !(isClass || isNamed || IsImage(entry, extension)))
        {
            PassOver(entry.Name);
            return;
        }

        if (entry.IsLink)
        {
            throw walk.Fault(entry.Header, $"{entry.Name} is a link", "write the tar file anew, by GNU tar with --dereference --hard-dereference");
        }

        ref var sample = ref Of(name[..end], entry.Header);
        if (isClass)
        {
            sample.Label = sample.Label == None ? Class(entry) : throw Twice(entry, ".cls");
        }
        else if (sample.Image is not null && sample.IsNamed == isNamed)
        {
            throw Twice(entry, "image");
        }
        else if (sample.Image is not null && sample.IsNamed)
        {
            PassOver(entry.Name);
        }
        else
        {
            if (sample.Image is { } other)
            {
                PassOver(other);
            }

            (sample.Image, sample.IsNamed, sample.Offset, sample.Length) = (entry.Name, isNamed, entry.Offset, Length(entry));
        }
    }

    // Of one extension alone: 00012.seg.png is another picture of 00012, by its author's will.
    private bool IsImage(in TarEntry entry, ReadOnlySpan<char> extension) =>
        extension.LastIndexOf('.') <= 0 && !entry.IsLink && entry.Size > 0 && ImageHeader.KindOf(walk.Data(entry, ImageHeader.KindBytes)) is not null;

    private void PassOver(string name)
    {
        firstOther ??= name;
        var last = name.AsSpan(name.LastIndexOf('/') + 1);
        if (last.StartsWith('.'))
        {
            passedOver.AddHidden();
        }
        else
        {
            passedOver.AddFile(last);
        }
    }

    private ref Sample Of(ReadOnlySpan<char> key, long header)
    {
        var lookup = keys.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(key, out var index))
        {
            index = samples.Count;
            lookup[key] = index;
            samples.Add(new() { Label = None, Header = header });
        }

        return ref CollectionsMarshal.AsSpan(samples)[index];
    }

    private BnnFileException Twice(in TarEntry entry, string what) =>
        walk.Fault(entry.Header, $"{entry.Name} is the second {what} of its key", "give each image a name of its own before the first dot");

    private int Length(in TarEntry entry) => entry.Size switch
    {
        0 => throw walk.Fault(entry.Header, $"{entry.Name} is empty", "write the tar file without it"),
        > int.MaxValue => throw walk.Fault(entry.Header, $"{entry.Name} has {entry.Size} bytes", "see whether it is an image"),
        _ => (int)entry.Size,
    };

    private int Class(in TarEntry entry)
    {
        var text = entry.Size <= LongestClass ? walk.Data(entry, LongestClass).Trim(" \t\r\n"u8) : default;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var label))
        {
            var shown = entry.Size > LongestClass ? $"{entry.Size} bytes" : $"\"{Encoding.ASCII.GetString(text)}\"";
            throw walk.Fault(entry.Header, $"{entry.Name} holds {shown}", "write the class's index there, as digits");
        }

        return label < classes
            ? label
            : throw walk.Fault(entry.Header, $"{entry.Name} is class {label}, not within 0..{classes - 1}", "give the names of all classes");
    }

    private void CheckPairs(string path)
    {
        if (samples.Count == 0)
        {
            var holds = firstOther is null
                ? "holds no files"
                : $"holds no images, but {SourceNames.Count(PassedOver.Count, "other entry", "other entries")}, the first of which is {firstOther}";
            throw new BnnFileException(path, holds, "give a tar file of images and their classes, as 00012.jpg and 00012.cls");
        }

        foreach (var (key, index) in keys)
        {
            var sample = samples[index];
            if (sample.Image is null)
            {
                throw walk.Fault(sample.Header, $"{key}.cls has no image", $"write {key}.jpg or .png into the same tar file");
            }

            if (sample.Label == None)
            {
                throw walk.Fault(
                    sample.Header, $"{sample.Image} has no class", $"write {key}.cls, its class's index as digits, into the same tar file");
            }
        }
    }
}
