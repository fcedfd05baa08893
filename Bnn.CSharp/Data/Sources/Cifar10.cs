namespace Bnn;

/// <summary>
/// CIFAR-10's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): 50,000 and 10,000 images of 3 x 32 x 32, in rows of a label and the
/// image's 3072 bytes in the order channel, row, column.
/// </summary>
internal static class Cifar10
{
    private const int Channels = 3;
    private const int Side = 32;
    private const int Pixels = Channels * Side * Side;
    private const int Row = 1 + Pixels;
    private const int RowsAtOnce = 256;
    private const string Archive = "cifar-10-batches-bin";
    private const string Remedy = "give the folder " + Archive + " of CIFAR-10's binary version, cifar-10-binary.tar.gz";

    private static readonly string[] TrainFiles = [.. Enumerable.Range(1, 5).Select(number => $"data_batch_{number}.bin")];

    private static readonly string[] TestFiles = ["test_batch.bin"];

    private static readonly string[] Names =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>
    /// Reads the six files from a folder or from <c>cifar-10-batches-bin</c> in it, and the classes' names from <c>batches.meta.txt</c>, if
    /// that is there.
    /// </summary>
    /// <exception cref="BnnFileException">A file is missing, holds no whole number of rows, or a label above 9.</exception>
    public static Dataset Read(string folder)
    {
        FolderListing.CheckFolder(folder, Remedy);
        var at = new[] { folder, Path.Join(folder, Archive) }.FirstOrDefault(HasAny, folder);
        var missing = TrainFiles.Concat(TestFiles).Where(file => !File.Exists(Path.Join(at, file))).ToList();
        if (missing.Count > 0)
        {
            throw new BnnFileException(at, $"the folder lacks {string.Join(", ", missing)}", Remedy);
        }

        var meta = Path.Join(at, "batches.meta.txt");
        var classes = File.Exists(meta) ? ClassNames.Read(meta, Names.Length) : Names;
        return new("CIFAR-10", Read(at, TrainFiles, classes), Read(at, TestFiles, classes));
    }

    private static bool HasAny(string folder) =>
        TrainFiles.Concat(TestFiles).Any(file => File.Exists(Path.Join(folder, file)));

    private static ImageSet Read(string folder, string[] files, string[] classes)
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

        return new(Channels, Side, Side, pixels, labels, classes);
    }

    private static long Rows(string path)
    {
        using var handle = SourceFile.Open(path, Remedy);
        var length = SourceFile.Length(handle, path);
        return length > 0 && length % Row == 0
            ? length / Row
            : throw new BnnFileException(path, $"has {length} bytes, which is no multiple of {Row} above 0", "get the file again, it is damaged");
    }

    private static void Fill(string path, Span<byte> pixels, Span<int> labels)
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
            labels[row] = bytes[0] < Names.Length
                ? bytes[0]
                : throw new BnnFileException(path, $"the label of row {row} is {bytes[0]}, not within 0..9", Remedy);
            bytes[1..].CopyTo(pixels[(row * Pixels)..]);
        }
    }
}
