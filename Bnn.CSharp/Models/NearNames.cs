namespace Bnn;

/// <summary>Names that somebody who typed another may have meant.</summary>
internal static class NearNames
{
    private const int Shown = 3;

    // a name typed by a person is short; the distance costs the product of both lengths
    private const int Longest = 200;

    /// <summary>The nearest names, by how many letters are to be changed, added or left out, as a list.</summary>
    public static string Of(string name, IEnumerable<string> names)
    {
        var typed = name.Length > Longest ? name[..Longest] : name;
        return string.Join(", ", names.OrderBy(known => Distance(typed, known), Comparer<int>.Default).Take(Shown));
    }

    private static int Distance(string a, string b)
    {
        // row i: of the first i letters of a to the first j of b
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
