using System.Globalization;

namespace Bnn;

/// <summary>Names that stand for several, as bash and WebDataset have them: <c>train-{000..012}.tar</c>, <c>{cats,dogs}-{0..3}.tar</c>.</summary>
internal static class ShardNames
{
    private const int Most = 100_000;

    /// <summary>The names that one stands for, in its order; the name alone where it has no range and no list in braces.</summary>
    /// <exception cref="BnnFileException">It stands for more than 100,000.</exception>
    public static IReadOnlyList<string> Expand(string name)
    {
        var names = new List<string>();
        Add(name, "", name, names);
        return names;
    }

    // The first braces that mean something, then what follows them; a choice may hold braces itself.
    private static void Add(string whole, string before, string rest, List<string> names)
    {
        for (var open = rest.IndexOf('{'); open >= 0; open = rest.IndexOf('{', open + 1))
        {
            if (Choices(rest[open..], out var length) is { } choices)
            {
                foreach (var choice in choices)
                {
                    Add(whole, before + rest[..open], choice + rest[(open + length)..], names);
                }

                return;
            }
        }

        if (names.Count == Most)
        {
            throw new BnnFileException(whole, $"stands for more than {Most} files", "give shorter ranges");
        }

        names.Add(before + rest);
    }

    private static IEnumerable<string>? Choices(string text, out int length)
    {
        var (depth, start) = (0, 1);
        var parts = new List<string>();
        for (length = 1; length <= text.Length; length++)
        {
            var letter = text[length - 1];
            depth += letter == '{' ? 1 : letter == '}' ? -1 : 0;
            if ((letter == ',' && depth == 1) || depth == 0)
            {
                parts.Add(text[start..(length - 1)]);
                start = length;
            }

            if (depth == 0)
            {
                return parts.Count > 1 ? parts : Range(parts[0].Split(".."));
            }
        }

        return null;
    }

    // Numbers have as many digits as the longer of the two where one begins with 0; backwards, and by a step, as bash does.
    private static IEnumerable<string>? Range(string[] ends)
    {
        if (ends.Length is not (2 or 3) || !Number(ends[0], out var first) || !Number(ends[1], out var last))
        {
            return null;
        }

        var step = 1;
        if (ends.Length == 3 && (!Number(ends[2], out step) || step == 0))
        {
            return null;
        }

        var digits = ends[..2].Any(end => end.Length > 1 && end.TrimStart('-')[0] == '0') ? Math.Max(ends[0].Length, ends[1].Length) : 1;
        var count = Math.Abs((long)last - first) / Math.Abs((long)step) + 1;
        return Enumerable.Range(0, (int)Math.Min(count, Most + 1)).Select(k => Text(first + (last < first ? -1 : 1) * Math.Abs((long)step) * k, digits));
    }

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static string Text(long number, int width) =>
        number < 0
            ? "-" + (-number).ToString(CultureInfo.InvariantCulture).PadLeft(width - 1, '0')
            : number.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
}
