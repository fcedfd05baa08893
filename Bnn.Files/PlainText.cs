namespace Bnn;

/// <summary>Text of users where people read it: names, paths, messages.</summary>
internal static class PlainText
{
    /// <summary>The text in one line, in which no character moves the cursor, colours the screen, or turns the direction of what follows: a picture of each
    /// stands in its place (␛ for escape).</summary>
    public static string Line(string text) => Clean(text, keepsLines: false);

    /// <summary>The same of text that may have several lines.</summary>
    public static string Lines(string text) => Clean(text, keepsLines: true);

    private static string Clean(string text, bool keepsLines) =>
        text.All(c => !IsControl(c, keepsLines)) ? text : string.Concat(text.Select(c => IsControl(c, keepsLines) ? Picture(c) : c));

    private static bool IsControl(char c, bool keepsLines) => c == '\n' ? !keepsLines : char.IsControl(c)
        || c is '\u2028' or '\u2029' or '\u200e' or '\u200f' or '\u061c' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static char Picture(char c) => c < ' ' ? (char)('\u2400' + c) : c == '\u007f' ? '\u2421' : '\ufffd';
}
