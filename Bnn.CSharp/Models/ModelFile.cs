using System.Globalization;

namespace Bnn;

/// <summary>Files of a network's tensors by name, whoever wrote them. What is read is told by its first bytes, what is written by its name.</summary>
internal static class ModelFile
{
    private const string Counter = ".num_batches_tracked";

    private static readonly string[] PyTorchEndings = [".pth", ".pth.tar", ".pt"];

    /// <summary>Whether it is named as a file of PyTorch.</summary>
    public static bool IsPyTorch(string path) => !Directory.Exists(path) && Array.Exists(PyTorchEndings, ending => EndsWith(path, ending));

    /// <summary>Whether it is named as safetensors.</summary>
    public static bool IsSafetensors(string path) => !Directory.Exists(path) && EndsWith(path, ".safetensors");

    /// <summary>The ending of a name that is a file's and no folder's: a dot and a letter, then no dot or space. "v1.2" is a folder's.</summary>
    public static string? UnknownEnding(string path) =>
        !Directory.Exists(path) && Path.GetExtension(path) is [_, var first, ..] ending && char.IsLetter(first) && !ending.Contains(' ', StringComparison.Ordinal)
            ? ending : null;

    /// <summary>Whether it is named as a file of a network.</summary>
    public static bool IsNamedAsFile(string path) => IsPyTorch(path) || IsSafetensors(path) || IsPacked(path);

    /// <summary>Whether it is named as the network's own file, of one bit a binary weight.</summary>
    public static bool IsPacked(string path) => !Directory.Exists(path) && EndsWith(path, ".bnn");

    /// <summary>A file's tensors, and what it holds beside them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Where in it they are, and what may be left out.</param>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static FileContent Read(string path, ImportOptions options) => InputFile.Read(path, stream =>
    {
        var first = new byte[9];
        var count = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        var isZip = first is [(byte)'P', (byte)'K', ..];
        // a pickle's first byte may be the first of a header's length
        return IsHeader(first, count) || (!isZip && (IsSafetensors(path) || IsPacked(path))) ? OfSafetensors(stream)
            : isZip || first[0] == (byte)PickleOp.Proto ? PyTorchFile.Use(stream, skips: true, file => OfPyTorch(file, path, options))
            : throw Unknown(first.AsSpan(0, count));
    });

    private static bool IsHeader(byte[] first, int count) => count == first.Length && first[^1] == (byte)'{';

    private static FileContent OfSafetensors(FileStream stream)
    {
        var file = Safetensors.Read(stream, requireChecksum: BnnModelFile.IsOwn);
        // one of a later version is the library's, too, and refused by its format
        var isOwn = BnnModelFile.IsOfAnyVersion(file.Metadata);
        return new(isOwn ? file.Tensors : Plain(file.Tensors), isOwn ? file.Metadata : null, [.. file.Metadata.Select(entry => (entry.Key, entry.Value))]) { IsExact = isOwn };
    }

    private static FileContent OfPyTorch(PyTorchContent file, string path, ImportOptions options)
    {
        var state = StateDict.Find(file, path, options.Key, options.LeaveOutOthers);
        return new(
            Plain(state.Tensors), BnnModelFile.Description(state.Attributes), [.. state.Others.Select(entry => (entry.Key, InWords(entry.Value, file)))])
        {
            LeftOut = state.LeftOut,
        };
    }

    /// <summary>Batch norm's counters as torch takes them: files have them as a list of one number, or as numbers with a point.</summary>
    private static IReadOnlyList<NamedArray> Plain(IReadOnlyList<NamedArray> tensors) => [.. tensors.Select(tensor =>
        tensor.Name.EndsWith(Counter, StringComparison.Ordinal) && tensor.Shape is [] or [1] && tensor is not { Dtype: "I64", Shape: [] } ? Whole(tensor) : tensor)];

    private static NamedArray Whole(NamedArray counter)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var number = counter.ToTensor(TorchSharp.torch.ScalarType.Float64).reshape([]).nan_to_num(0, 0, 0);
        return TensorBytes.ToArray(counter.Name, number.to(TorchSharp.torch.ScalarType.Int64));
    }

    private static Exception Unknown(ReadOnlySpan<byte> first)
    {
        var text = System.Text.Encoding.Latin1.GetString(first);
        var begin = string.Join(" ", first.ToArray().Take(4).Select(one => one.ToString("x2", CultureInfo.InvariantCulture)));
        return text.TrimStart().StartsWith('<') ? new RefusedContentException("is a web page and no file of weights", "fetch the file itself: such a page is often its download page")
            : text.StartsWith("version ", StringComparison.Ordinal) ? new RefusedContentException("is a pointer of Git LFS and no file of weights", "fetch the file itself: git lfs pull")
            : text.StartsWith("\u001f\u008b", StringComparison.Ordinal) ? new RefusedContentException("is compressed by gzip", "unpack it first: gunzip")
            : first.Length == 0 ? new FormatException("is empty")
            : new FormatException($"begins with the bytes {begin}; a file of PyTorch begins with 50 4b (a zip file) or 80 (a pickle), and safetensors, which .bnn are too, has {{ as its ninth byte");
    }

    private static string InWords(PickleValue value, PyTorchContent file) => value switch
    {
        PickleNone => "None",
        PickleBool flag => $"{flag.Value}",
        PickleInteger number => number.Value.ToString(CultureInfo.InvariantCulture),
        PickleFloat number => number.Value.ToString(CultureInfo.InvariantCulture),
        PickleText text => text.Value,
        PickleTensor { Shape: [] } tensor => Number(file.Load([tensor])[0]),
        PickleTensor tensor => $"a tensor, {tensor.Dtype} {InvariantText.Join(" x ", tensor.Shape)}",
        PickleDict dict => $"a dict of {dict.Entries.Count}: {string.Join(", ", dict.Entries.Take(5).Select(entry => InWords(entry.Key, file)))}",
        PickleList list => $"a list of {list.Items.Count}",
        PickleTuple tuple => $"a tuple of {tuple.Items.Count}",
        PickleSet set => $"a set of {set.Items.Count}",
        PickleBytes bytes => $"{bytes.Value.Length} bytes",
        PickleUnread unread => $"{unread.Name}, not read",
        _ => "something else",
    };

    private static string Number(PickleTensor tensor)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return tensor.Named("").ToTensor(TorchSharp.torch.ScalarType.Float64).item<double>().ToString(CultureInfo.InvariantCulture);
    }

    private static bool EndsWith(string path, string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What a file has of a network.</summary>
/// <param name="Tensors">Its tensors by name.</param>
/// <param name="Description">What the library has written about them; null where the file is not the library's.</param>
/// <param name="Others">What it holds beside tensors, by name, in words.</param>
internal sealed record FileContent(
    IReadOnlyList<NamedArray> Tensors, IReadOnlyDictionary<string, string>? Description, IReadOnlyList<(string Name, string Value)> Others)
{
    /// <summary>Whether the tensors are the library's own, in its own types and perhaps packed.</summary>
    public bool IsExact { get; init; }

    /// <summary>What is no tensor among the tensors, and was left out because that was asked for.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}
