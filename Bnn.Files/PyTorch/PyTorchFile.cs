namespace Bnn;

/// <summary>
/// Files of <c>torch.save</c> (.pth, .pt, .pth.tar, .bin): read in both of PyTorch's formats, written in the newer one. Only
/// tensors and plain data are read; nothing of the file is ever run.
/// </summary>
internal static class PyTorchFile
{
    /// <summary>Reads all of a file. It takes about the file's size in memory.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged, of another kind, or holds more than tensors and plain data.</exception>
    public static PickleValue Read(string path) => InputFile.Read(path, stream => Use(stream, skips: false, content => content.Whole()));

    /// <summary>Opens a file for as long as it is used.</summary>
    /// <param name="stream">The file, at its begin.</param>
    /// <param name="skips">Whether what is neither a tensor nor plain data is passed over, and not refused.</param>
    /// <param name="use">What becomes of it.</param>
    /// <exception cref="FormatException">The file is damaged or of another kind.</exception>
    /// <exception cref="RefusedContentException">It holds what is not read.</exception>
    public static T Use<T>(FileStream stream, bool skips, Func<PyTorchContent, T> use)
    {
        var first = new byte[2];
        var count = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return count < first.Length ? throw new FormatException($"has {count} bytes, too few for a PyTorch file")
            : first is [(byte)'P', (byte)'K'] ? PyTorchZip.Use(stream, skips, use)
            : first[0] == (byte)PickleOp.Proto ? use(PyTorchLegacy.Content(stream, skips))
            : throw new FormatException(
                $"begins with the bytes {first[0]:x2} {first[1]:x2}; a PyTorch file begins with 50 4b (a zip file) or 80 (a pickle)");
    }

    /// <summary>Writes tensors by name as an OrderedDict, whole or not at all; <c>torch.load(path, weights_only=True)</c> reads it.
    /// The same tensors give the same bytes.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">A name is there twice, or a tensor has not the bytes of its shape: a defect of the caller.</exception>
    public static void Write(string path, IReadOnlyList<NamedArray> tensors) => Write(path, new PickleDict(
        [
            .. tensors.Select(tensor => KeyValuePair.Create<PickleValue, PickleValue>(
                new PickleText(tensor.Name), new PickleTensor(tensor.Dtype, tensor.Shape, tensor.Bytes))),
        ],
        Ordered: true));

    /// <summary>Writes a tree, whole or not at all. The same tree gives the same bytes; each tensor gets a storage of its own.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">The tree is none that can be read back: a defect of the caller.</exception>
    public static void Write(string path, PickleValue root)
    {
        var (pickle, tensors) = Pickler.Write(root);
        AtomicFile.Write(path, stream => StoredZip.Write(
            stream,
            [
                ("archive/data.pkl", pickle),
                ("archive/byteorder", "little"u8.ToArray()),
                .. tensors.Select((tensor, i) => ($"archive/data/{i}", tensor.Bytes)),
                ("archive/version", "3\n"u8.ToArray()),
            ]));
    }
}
