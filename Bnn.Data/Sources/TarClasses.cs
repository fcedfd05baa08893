namespace Bnn;

/// <summary>The classes of tar files: a list of names, or, where there is none, the names that the files themselves give their images.</summary>
internal sealed class TarClasses
{
    private readonly List<string> names = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly string? missing;

    private TarClasses(string? missing) => this.missing = missing;

    /// <summary>How many there are; those that were met so far where there is no list.</summary>
    public int Count => names.Count;

    /// <summary>Given names; class 0 is the first.</summary>
    public static TarClasses Of(IReadOnlyList<string> names)
    {
        OutOfRange.ThrowIfLess(names.Count, 1, nameof(names));
        var classes = new TarClasses(null);
        foreach (var name in names)
        {
            classes.places.TryAdd(name, classes.names.Count);
            classes.names.Add(name);
        }

        return classes;
    }

    /// <summary>Those of names that images are met with.</summary>
    /// <param name="missing">The list that is not there, for the error of an image that has a number.</param>
    public static TarClasses OfImages(string missing) => new(missing);

    /// <summary>Says that numbers need a list of names.</summary>
    /// <exception cref="BnnFileException">There is none.</exception>
    public void RequireList()
    {
        if (missing is not null)
        {
            ClassNames.Read(missing);
        }
    }

    /// <summary>The class of a name; null: none of the given.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isMet">Whether an image has it, so that where there is no list it becomes one of the names.</param>
    public int? Find(string name, bool isMet = true)
    {
        if (places.TryGetValue(name, out var place))
        {
            return place;
        }

        if (missing is null || !isMet)
        {
            return null;
        }

        places[name] = names.Count;
        names.Add(name);
        return names.Count - 1;
    }

    /// <summary>The names, and the labels of all images in their order: names that were met are sorted, as those of folders are.</summary>
    /// <param name="labels">The labels that were given so far.</param>
    /// <param name="file">The first file, for the error.</param>
    /// <exception cref="BnnFileException">There is no list, and only one name was met.</exception>
    public (IReadOnlyList<string> Names, int[] Labels) Sorted(List<int> labels, string file)
    {
        if (missing is null)
        {
            return (names, [.. labels]);
        }

        if (names.Count < 2)
        {
            throw new BnnFileException(
                file,
                $"no image has a class beside it (.cls or .json), and all of them lie in the one folder {names.FirstOrDefault()}",
                $"write each image's class beside it, 00012.cls as digits, and the classes' names into {missing}; or put each class's images into a folder of its name");
        }

        string[] sorted = [.. names.Order(SourceNames.Order)];
        var place = sorted.Index().ToDictionary(named => named.Item, named => named.Index);
        return (sorted, [.. labels.Select(label => place[names[label]])]);
    }
}
