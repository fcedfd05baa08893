using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>Text in CSV files, as RFC 4180 has it, that no spreadsheet takes for a formula.</summary>
/// <remarks>A spreadsheet carries out a cell that begins with =, +, - or @, also after what it takes away from the beginning (white space, an apostrophe), and a file
/// is opened by others than whoever chose its names. Such text has one more apostrophe in front of it, which is taken away where it is read back. Numbers
/// are no text: -0.5 stays as it is.</remarks>
internal static class Csv
{
    private const char Guard = '\'';

    // the wide forms of the first four are formulas in Japanese spreadsheets
    private const string FormulaStarts = "=+-@＝＋－＠";

    // some readers begin a cell after one
    private const string Ends = "\t\r\n";

    // a spreadsheet may take a semicolon or a tab for the end of a cell, and what follows for a cell that begins
    private const string Quoted = "\",;\t\r\n";

    /// <summary>A cell that holds this text.</summary>
    public static string Cell(string text)
    {
        var guarded = IsFormula(text) ? Guard + text : text;
        return guarded.AsSpan().ContainsAny(Quoted) ? $"\"{guarded.Replace("\"", "\"\"")}\"" : guarded;
    }

    /// <summary>The text that a cell of a record holds.</summary>
    public static string Text(string field) => field.StartsWith(Guard) && IsFormula(field) ? field[1..] : field;

    /// <summary>The records of a file; a quoted field may hold commas, line ends and doubled quotes.</summary>
    public static IEnumerable<IReadOnlyList<string>> Records(string file)
    {
        var (fields, field, isQuoted) = (new List<string>(), new StringBuilder(), false);
        for (var k = 0; k < file.Length; k++)
        {
            var c = file[k];
            switch (c)
            {
                case '"' when isQuoted && k + 1 < file.Length && file[k + 1] == '"':
                    field.Append('"');
                    k++;
                    break;
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case ',' when !isQuoted:
                    fields.Add(field.ToString());
                    field.Clear();
                    break;
                case '\n' when !isQuoted:
                    fields.Add(field.ToString());
                    field.Clear();
                    yield return fields;
                    fields = [];
                    break;
                case '\r' when !isQuoted:
                    break;
                default:
                    field.Append(c);
                    break;
            }
        }

        if (fields.Count > 0 || field.Length > 0)
        {
            fields.Add(field.ToString());
            yield return fields;
        }
    }

    /// <summary>Whether a spreadsheet would carry the text out, where it takes away what is not seen, or apostrophes.</summary>
    private static bool IsFormula(string text)
    {
        var shown = text.AsSpan();
        while (shown is [var first, ..] && (first == Guard || IsUnseen(first)))
        {
            if (Ends.Contains(first))
            {
                return true;
            }

            shown = shown[1..];
        }

        return shown is [var start, ..] && FormulaStarts.Contains(start);
    }

    private static bool IsUnseen(char c) => char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format;
}
