using System.Text;

namespace Bnn;

/// <summary>
/// Names as UTF-8 in one array: a name of 20 letters takes 24 bytes, as a string 72. ImageNet's 1.28 million file names are 31 MB.
/// </summary>
internal sealed class PackedNames
{
    private readonly byte[] text;
    private readonly int[] ends;

    /// <summary>Packs the names.</summary>
    /// <param name="names">The names.</param>
    /// <param name="place">The folder or file that they are from, for the error.</param>
    /// <exception cref="BnnFileException">They take more than an array can hold.</exception>
    public PackedNames(IReadOnlyCollection<string> names, string place)
    {
        var bytes = names.Sum(name => (long)Encoding.UTF8.GetByteCount(name));
        if (bytes > Array.MaxLength)
        {
            throw new BnnFileException(place, $"its {names.Count} names have {bytes} bytes", "divide it into several");
        }

        text = new byte[bytes];
        ends = new int[names.Count];
        var (number, end) = (0, 0);
        foreach (var name in names)
        {
            end += Encoding.UTF8.GetBytes(name, text.AsSpan(end));
            ends[number++] = end;
        }
    }

    /// <summary>The number of names.</summary>
    public int Count => ends.Length;

    /// <summary>The name of this number.</summary>
    public string this[int number]
    {
        get
        {
            var start = number == 0 ? 0 : ends[number - 1];
            return Encoding.UTF8.GetString(text.AsSpan(start, ends[number] - start));
        }
    }
}
