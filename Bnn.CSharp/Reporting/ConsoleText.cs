using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>Text of users on a console: names, paths, messages.</summary>
internal static class ConsoleText
{
    private const string More = "…";

    /// <summary>How many columns it takes; a Chinese character takes two.</summary>
    public static int Width(string text) => Spectre.Console.Rendering.Segment.CellCount([new Spectre.Console.Rendering.Segment(text)]);

    /// <summary>As much of it as fits into so many columns, and a sign where something is left out.</summary>
    public static string Cut(string text, int width) =>
        Width(text) <= width ? text : width < 1 ? "" : Fitting(text, width - 1) + More;

    /// <summary>The text in columns: filled with spaces, on the left of it where it stands on the right.</summary>
    public static string Pad(string text, int width, bool onRight)
    {
        var cut = Cut(text, width);
        var spaces = new string(' ', Math.Max(0, width - Width(cut)));
        return onRight ? spaces + cut : cut + spaces;
    }

    /// <summary>A sentence in lines of at most so many columns, broken at spaces; a word that is longer, such as a path, stays whole.</summary>
    public static IEnumerable<string> Wrapped(string text, int width)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (Width(line) <= width)
            {
                yield return line;
                continue;
            }

            var filled = "";
            foreach (var word in line.Split(' '))
            {
                var longer = filled.Length == 0 ? word : $"{filled} {word}";
                if (filled.Length > 0 && Width(longer) > width)
                {
                    yield return filled;
                    longer = word;
                }

                filled = longer;
            }

            yield return filled;
        }
    }

    private static string Fitting(string text, int width)
    {
        var fitting = new StringBuilder();
        foreach (var part in StringInfo.GetTextElementEnumerator(text).Elements())
        {
            width -= Width(part);
            if (width < 0)
            {
                break;
            }

            fitting.Append(part);
        }

        return fitting.ToString();
    }

    private static IEnumerable<string> Elements(this TextElementEnumerator parts)
    {
        while (parts.MoveNext())
        {
            yield return parts.GetTextElement();
        }
    }
}
