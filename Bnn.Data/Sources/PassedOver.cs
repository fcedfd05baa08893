using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>Files and folders that a source of images does not read, because they are no images or begin with a dot: how many of each kind. Immutable.</summary>
internal sealed class PassedOver
{
    private const int Shown = 10;
    private const int MostKinds = 100;
    private const int LongestExtension = 10;
    private const string Folder = "folder";
    private const string Hidden = "hidden";
    private const string Without = "without extension";
    private const string Other = "others";

    private readonly (string Kind, int Count)[] kinds;

    private PassedOver(IEnumerable<KeyValuePair<string, int>> counts) =>
        kinds = [.. counts.OrderByDescending(kind => kind.Value).ThenBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => (kind.Key, kind.Value))];

    /// <summary>Nothing.</summary>
    public static PassedOver None { get; } = new([]);

    /// <summary>How many in all.</summary>
    public int Count => kinds.Sum(kind => kind.Count);

    /// <summary>Those of several places.</summary>
    public static PassedOver Of(IEnumerable<PassedOver> parts)
    {
        var counter = new Counter();
        foreach (var part in parts)
        {
            counter.Add(part);
        }

        return counter.Counted;
    }

    /// <summary>The kinds, most first: <c>3 .tif, 2 .ppm, 1 folder, 4 hidden, 1 without extension</c>; empty where there is nothing.</summary>
    public override string ToString()
    {
        var text = string.Join(", ", kinds.Take(Shown).Select(kind => FormattableString.Invariant($"{kind.Count} {Noun(kind.Kind, kind.Count)}")));
        return kinds.Length <= Shown ? text : FormattableString.Invariant($"{text} and {kinds.Skip(Shown).Sum(kind => kind.Count)} of other kinds");
    }

    /// <summary>How many of each kind.</summary>
    public JsonObject ToJson() => new(kinds.Select(kind => KeyValuePair.Create(kind.Kind, (JsonNode?)kind.Count)));

    private static string Noun(string kind, int count) => kind == Folder && count != 1 ? "folders" : kind;

    /// <summary>Counts what is passed over.</summary>
    public sealed class Counter
    {
        private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

        /// <summary>What was counted so far.</summary>
        public PassedOver Counted => counts.Count == 0 ? None : new(counts);

        public void AddFolder(int count = 1) => Add(Folder, count);

        /// <summary>A file or folder whose name begins with a dot.</summary>
        public void AddHidden() => Add(Hidden, 1);

        /// <summary>A file, by its extension.</summary>
        public void AddFile(ReadOnlySpan<char> name)
        {
            var extension = Path.GetExtension(name);
            Add(extension.Length < 2 ? Without : extension.Length > LongestExtension ? Other : extension.ToString().ToLowerInvariant(), 1);
        }

        public void Add(PassedOver others)
        {
            foreach (var (kind, count) in others.kinds)
            {
                Add(kind, count);
            }
        }

        // Names may end in numbers, each of another kind.
        private void Add(string kind, int count)
        {
            if (count > 0)
            {
                var known = counts.ContainsKey(kind) || counts.Count < MostKinds ? kind : Other;
                counts[known] = counts.GetValueOrDefault(known) + count;
            }
        }
    }
}
