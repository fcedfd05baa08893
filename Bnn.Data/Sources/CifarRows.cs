namespace Bnn;

/// <summary>The files of CIFAR's binary versions: rows of labels and an image's 3072 bytes in the order channel, row, column.</summary>
/// <param name="Labels">How many labels a row has, of a byte each.</param>
/// <param name="Label">Which of them is the class.</param>
/// <param name="Classes">The classes' names.</param>
/// <param name="Remedy">Stands in errors.</param>
internal sealed record CifarRows(int Labels, int Label, string[] Classes, string Remedy)
{
    private const int Channels = 3;
    private const int Side = 32;
    private const int Pixels = Channels * Side * Side;
    private const int RowsAtOnce = 256;

    /// <summary>Reads files of a folder, one after another.</summary>
    /// <exception cref="BnnFileException">A file cannot be read, holds no whole number of rows, or a label of no class.</exception>
    public ImageSet Read(string folder, string[] files)
    {
        var paths = Array.ConvertAll(files, file => Path.Join(folder, file));
        var rows = Array.ConvertAll(paths, Rows);
        var all = rows.Sum();
        if (all * Pixels > Array.MaxLength)
        {
            throw new BnnFileException(folder, $"its files hold {all} images; at most {Array.MaxLength / Pixels} can be read", Remedy);
        }

        var (pixels, labels) = (new byte[all * Pixels], new int[all]);
        var first = 0;
        for (var i = 0; i < paths.Length; i++)
        {
            var count = (int)rows[i];
            Fill(paths[i], pixels.AsSpan(first * Pixels, count * Pixels), labels.AsSpan(first, count));
            first += count;
        }

        return new(Channels, Side, Side, pixels, labels, Classes);
    }

    private int Row => Labels + Pixels;

    private long Rows(string path)
    {
        using var handle = SourceFile.Open(path, Remedy);
        var length = SourceFile.Length(handle, path);
        return length > 0 && length % Row == 0
            ? length / Row
            : throw new BnnFileException(path, $"has {length} bytes, which is no multiple of {Row} above 0", "get the file again, it is damaged");
    }

    private void Fill(string path, Span<byte> pixels, Span<int> labels)
    {
        using var handle = SourceFile.Open(path, Remedy);
        var buffer = new byte[RowsAtOnce * Row];
        for (var row = 0; row < labels.Length; row++)
        {
            var inBuffer = row % RowsAtOnce;
            if (inBuffer == 0)
            {
                var wanted = buffer.AsSpan(0, Math.Min(RowsAtOnce, labels.Length - row) * Row);
                var read = SourceFile.Read(handle, (long)row * Row, wanted, path);
                if (read < wanted.Length)
                {
                    throw new BnnFileException(path, $"ends in row {row + read / Row}, though it was longer", "keep it unchanged while it is read");
                }
            }

            var bytes = buffer.AsSpan(inBuffer * Row, Row);
            labels[row] = bytes[Label] < Classes.Length
                ? bytes[Label]
                : throw new BnnFileException(path, $"the label of row {row} is {bytes[Label]}, not within 0..{Classes.Length - 1}", Remedy);
            bytes[Labels..].CopyTo(pixels[(row * Pixels)..]);
        }
    }
}
