namespace Bnn;

/// <summary>How images' files are recognised, ordered and listed in errors.</summary>
internal static class SourceNames
{
    private const int Shown = 10;

    private static readonly string[] Extensions = [".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".webp", ".ppm", ".pgm"];

    /// <summary>By code points, as Python's <c>sorted</c> and so as the label numbers of other libraries.</summary>
    public static readonly Comparer<string> Order = Comparer<string>.Create(Compare);

    /// <summary>Whether an extension, with its dot and in any case, is that of an image.</summary>
    public static bool IsImage(ReadOnlySpan<char> extension)
    {
        foreach (var known in Extensions)
        {
            if (extension.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>At most ten of the names, and how many more there are.</summary>
    public static string Some(IReadOnlyCollection<string> names)
    {
        var text = string.Join(", ", names.Take(Shown));
        return names.Count <= Shown ? text : $"{text} and {names.Count - Shown} more";
    }

    /// <summary>A number with its noun.</summary>
    public static string Count(int number, string one, string several) => $"{number} {(number == 1 ? one : several)}";

    private static int Compare(string a, string b)
    {
        var same = a.AsSpan().CommonPrefixLength(b);
        return same == a.Length || same == b.Length ? a.Length - b.Length : Rank(a[same]) - Rank(b[same]);
    }

    // UTF-16 has the code points from 0x10000 on as pairs of surrogates, which are below 0xE000 to 0xFFFF.
    private static int Rank(char letter) => char.IsSurrogate(letter) ? letter + 0x10000 : letter;
}
