using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Bnn;

/// <summary>
/// Where the images of one tar file lie, and their classes. As in WebDataset, what a name has before the first dot of its last part is its
/// key: <c>train/00012.jpg</c> and <c>train/00012.cls</c> are an image and its class. They need not be neighbours. What has another extension is the
/// image of its key where its first bytes are an image's and the key has none by name. Without a .cls the class is that of <c>00012.json</c>
/// (<see cref="JsonLabel"/>); where no image of the file has either, it is the name of the folder that the image lies in.
/// </summary>
internal sealed class TarIndex
{
    // The digits of an int, and blanks around them.
    private const int LongestClass = 32;

    private const int None = -1;
    private const int Wrong = -2;

    private struct Sample
    {
        public string? Image;
        public bool IsNamed;
        public long Offset;
        public int Length;
        public int Label;
        public long Header;
        public long Json;
        public int JsonLength;
        public int JsonLabel;
    }

    private readonly TarClasses classes;
    private readonly TarWalk walk;
    private readonly List<Sample> samples = [];
    private readonly Dictionary<string, int> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Name, long Header)> dotted = new(StringComparer.Ordinal);
    private readonly PassedOver.Counter passedOver = new();
    private string? firstOther;

    /// <summary>Reads the headers and classes of a tar file.</summary>
    /// <exception cref="BnnFileException">The file is damaged, an image or its class is missing, or the class is none.</exception>
    public TarIndex(SafeFileHandle handle, string path, TarClasses classes)
    {
        this.classes = classes;
        walk = new(handle, path);
        while (walk.Next(out var entry))
        {
            Add(entry);
        }

        CheckDots();
        Label(path);
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
            throw Dots(entry.Name, entry.Header);
        }

        if (dot > 0 && !entry.IsLink && extension.Equals(".json", StringComparison.OrdinalIgnoreCase))
        {
            AddJson(entry, name[..end]);
            return;
        }

        var isNamed = SourceNames.IsImage(extension);
        if (dot == 0 || !(isClass || isNamed || IsImage(entry, extension)))
        {
            PassOver(entry.Name);
            if (dot > 0 && SourceNames.IsImage(Path.GetExtension(name)) && !HasImage(name[..end]))
            {
                dotted.TryAdd(name[..end].ToString(), (entry.Name, entry.Header));
            }

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

    private void AddJson(in TarEntry entry, ReadOnlySpan<char> key)
    {
        ref var sample = ref Of(key, entry.Header);
        if (sample.Json != 0)
        {
            PassOver(entry.Name);
            return;
        }

        // Read at once, while it is in the window, though a .cls may follow that counts instead.
        (sample.Json, sample.JsonLength) = (entry.Offset, (int)Math.Min(entry.Size, JsonLabel.Longest + 1));
        sample.JsonLabel = ReadJson(sample, false, out var problem) ?? (problem is null ? None : Wrong);
    }

    private int? ReadJson(in Sample sample, bool isImages, out string? problem)
    {
        problem = sample.JsonLength > JsonLabel.Longest ? $"has more than {JsonLabel.Longest} bytes" : null;
        return problem is null ? JsonLabel.Read(walk.Data(new("", false, 0, sample.Json, sample.JsonLength), sample.JsonLength), classes, isImages, out problem) : null;
    }

    private ref Sample Of(ReadOnlySpan<char> key, long header)
    {
        var lookup = keys.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(key, out var index))
        {
            index = samples.Count;
            lookup[key] = index;
            samples.Add(new() { Label = None, JsonLabel = None, Header = header });
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
        classes.RequireList();
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var label))
        {
            var shown = entry.Size > LongestClass ? $"{entry.Size} bytes" : $"\"{Encoding.ASCII.GetString(text)}\"";
            throw walk.Fault(entry.Header, $"{entry.Name} holds {shown}", "write the class's index there, as digits");
        }

        return label < classes.Count
            ? label
            : throw walk.Fault(entry.Header, $"{entry.Name} is class {label}, not within 0..{classes.Count - 1}", "give the names of all classes");
    }

    private BnnFileException Dots(string name, long header) => walk.Fault(
        header, $"{name} has dots before its extension, and a key ends at the first dot: its image would be passed over",
        "write the tar file with names that have one dot");

    private bool HasImage(ReadOnlySpan<char> key) =>
        keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var index) && samples[index].Image is not null;

    // 00012.seg.png is another picture of 00012; img_0.5.png is the picture of img_0.5, which nobody would miss.
    private void CheckDots()
    {
        foreach (var (key, (name, header)) in dotted)
        {
            if (!HasImage(key))
            {
                throw Dots(name, header);
            }
        }
    }

    private void Label(string path)
    {
        var isByFolder = samples.TrueForAll(sample => sample.Label == None && (sample.Image is null || sample.JsonLabel == None));
        foreach (var (key, index) in keys)
        {
            ref var sample = ref CollectionsMarshal.AsSpan(samples)[index];
            if (sample.Image is null && sample.Label != None)
            {
                throw walk.Fault(sample.Header, $"{key}.cls has no image", $"write {key}.jpg or .png into the same tar file");
            }

            if (sample.Json != 0 && (sample.Image is null || sample.Label != None || sample.JsonLabel == None))
            {
                PassOver($"{key}.json");
            }

            if (sample.Image is { } image && sample.Label == None)
            {
                sample.Label = isByFolder ? OfFolder(image, sample.Header) : OfJson(key, sample);
            }
        }

        samples.RemoveAll(sample => sample.Image is null);
        if (samples.Count == 0)
        {
            var holds = firstOther is null
                ? "holds no files"
                : $"holds no images, but {SourceNames.Count(PassedOver.Count, "other entry", "other entries")}, the first of which is {firstOther}";
            throw new BnnFileException(path, holds, "give a tar file of images and their classes, as 00012.jpg and 00012.cls");
        }
    }

    private int OfJson(string key, in Sample sample)
    {
        string? problem = null;
        if ((sample.JsonLabel == Wrong ? ReadJson(sample, true, out problem) : sample.JsonLabel) is >= 0 and var label)
        {
            return label;
        }

        throw problem is not null
            ? walk.Fault(sample.Json - TarHeader.Block, $"{key}.json {problem}", "write the class's index or name there, alone or as \"label\" or \"cls\" of an object")
            : NoClass(sample.Image!, sample.Header, sample.Json == 0 ? "" : $": {key}.json has neither label nor cls");
    }

    private int OfFolder(string image, long header)
    {
        var folder = Path.GetFileName(Path.GetDirectoryName(image.AsSpan())).ToString();
        return folder is "" or "."
            ? throw NoClass(image, header, "")
            : classes.Find(folder) ?? throw NoClass(image, header, $": the folder {folder}, in which it lies, is none of the {classes.Count} classes");
    }

    private BnnFileException NoClass(string image, long header, string why) => walk.Fault(
        header, $"{image} has no class{why}", $"write {Path.ChangeExtension(image, ".cls")}, its class's index as digits, into the same tar file");
}
