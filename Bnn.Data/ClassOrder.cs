using System.Globalization;

namespace Bnn;

/// <summary>What examples of some of a network's classes are compared with.</summary>
public enum ClassSubset
{
    /// <summary>The examples must have all of the network's classes.</summary>
    None,

    /// <summary>The examples may have some of them; the network still chooses among all of its classes.</summary>
    AmongAll,

    /// <summary>The examples may have some of them; the network chooses among these: the logits of the others are left out.</summary>
    AmongThese,
}

/// <summary>Where a network's outputs stand in the order of other classes: those of examples, or of a network that learns from it.</summary>
/// <param name="Columns">The network's output for each place; null where the order is the same.</param>
/// <param name="Problem">Why the classes do not belong together, in words; null where they do.</param>
internal sealed record ClassOrder(IReadOnlyList<int>? Columns, string? Problem)
{
    private const int MostNames = 10;

    /// <summary>Nothing to put in another order.</summary>
    public static ClassOrder Same { get; } = new(null, null);

    /// <summary>The names of classes that have none.</summary>
    public static IReadOnlyList<string> Numbers(int count) =>
        [.. Enumerable.Range(0, count).Select(k => k.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Matches classes by name. Classes that have numbers in place of names, "0", "1", ..., are told by their places.</summary>
    /// <param name="own">The network's classes.</param>
    /// <param name="theirs">The others.</param>
    /// <param name="subset">Whether the others may be some of them.</param>
    public static ClassOrder Of(IReadOnlyList<string> own, IReadOnlyList<string> theirs, ClassSubset subset = ClassSubset.None)
    {
        if (own.SequenceEqual(theirs))
        {
            return Same;
        }

        if (AreDistinct(own) && AreDistinct(theirs) && !theirs.Except(own, StringComparer.Ordinal).Any()
            && (own.Count == theirs.Count || (subset != ClassSubset.None && theirs.Count > 0)))
        {
            var places = own.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);
            var columns = theirs.Select(name => places[name]).ToList();
            return new(subset == ClassSubset.AmongAll ? [.. columns, .. Enumerable.Range(0, own.Count).Except(columns)] : columns, null);
        }

        if (own.Count == theirs.Count && (IsNumbers(own) || IsNumbers(theirs)))
        {
            return Same;
        }

        var isPart = theirs.Count < own.Count && !theirs.Except(own, StringComparer.Ordinal).Any();
        return new(null, Both(theirs, "the examples", own, "the network")
            + (isPart ? "; to evaluate on some of the classes, give a ClassSubset" : "; the names must be the same, in any order"));
    }

    /// <summary>Whether both have the same names, each once, in whatever order.</summary>
    public static bool AreSameNames(IReadOnlyList<string> some, IReadOnlyList<string> others) =>
        some.Count == others.Count && AreDistinct(some) && !others.Except(some, StringComparer.Ordinal).Any() && AreDistinct(others);

    /// <summary>Both lists in words, and of long ones what only one of them has.</summary>
    public static string Both(IReadOnlyList<string> some, string who, IReadOnlyList<string> others, string whoElse)
    {
        static string Listed(IReadOnlyCollection<string> names) => string.Join(", ", names.Take(MostNames))
            + (names.Count > MostNames ? FormattableString.Invariant($" and {names.Count - MostNames} more") : "");

        string Only(IReadOnlyList<string> these, IReadOnlyList<string> those, string whose) =>
            Math.Max(some.Count, others.Count) > MostNames && these.Except(those, StringComparer.Ordinal).ToList() is { Count: > 0 } missing
                ? $"; only {whose} {(whose == "the network" ? "has" : "have")} {Listed(missing)}" : "";

        return FormattableString.Invariant($"{who} have {some.Count} classes ({Listed(some)}), {whoElse} {others.Count} ({Listed(others)})")
            + Only(some, others, who) + Only(others, some, whoElse);
    }

    /// <summary>A tensor with its part for each class in this order.</summary>
    /// <param name="array">The tensor.</param>
    /// <param name="axis">Its dimension of classes.</param>
    public NamedArray Of(NamedArray array, int axis)
    {
        if (Columns is null || array.Shape[axis] != Columns.Count)
        {
            return array;
        }

        var part = array.Bytes.Length / (int)array.Shape.Take(axis + 1).Aggregate(1L, (a, b) => a * b);
        var bytes = new byte[array.Bytes.Length];
        for (var (at, place) = (0, 0); at < bytes.Length; at += part, place++)
        {
            var from = (place / Columns.Count * Columns.Count + Columns[place % Columns.Count]) * part;
            array.Bytes.Slice(from, part).CopyTo(bytes.AsMemory(at));
        }

        return array with { Bytes = bytes };
    }

    private static bool AreDistinct(IReadOnlyList<string> names) => names.Distinct(StringComparer.Ordinal).Count() == names.Count;

    private static bool IsNumbers(IReadOnlyList<string> names) => names.SequenceEqual(Numbers(names.Count));
}
