namespace Bnn;

/// <summary>Files of a network's tensors by name, whoever wrote them.</summary>
internal static class ModelFile
{
    private static readonly string[] PyTorchEndings = [".pth", ".pth.tar", ".pt"];

    public static bool IsPyTorch(string path) => !Directory.Exists(path) && Array.Exists(PyTorchEndings, ending => EndsWith(path, ending));

    public static bool IsSafetensors(string path) => !Directory.Exists(path) && EndsWith(path, ".safetensors");

    /// <summary>The ending of a name that is a file's and no folder's: a dot and a letter, then no dot or space. "v1.2" is a folder's.</summary>
    public static string? UnknownEnding(string path) =>
        !Directory.Exists(path) && Path.GetExtension(path) is [_, var first, ..] ending && char.IsLetter(first) && !ending.Contains(' ', StringComparison.Ordinal)
            ? ending : null;

    /// <summary>Whether it is named as a file of a network.</summary>
    public static bool IsNamedAsFile(string path) => IsPyTorch(path) || IsSafetensors(path) || IsPacked(path);

    /// <summary>Whether it is named as the network's own file, of one bit a binary weight.</summary>
    public static bool IsPacked(string path) => !Directory.Exists(path) && EndsWith(path, ".bnn");

    /// <summary>A file's tensors, and the library's own description of them where it has one: the network's own file or safetensors, checkpoints
    /// too, where the name ends so, else what torch.save wrote.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static FileContent Content(string path)
    {
        if (IsPacked(path) || (IsSafetensors(path) && BnnModelFile.IsOwn(path)))
        {
            var own = BnnModelFile.Own(path);
            return new(own.Tensors, own.Header);
        }

        if (IsSafetensors(path))
        {
            return new(Safetensors.Read(path, requireChecksum: false).Tensors, null);
        }

        var state = State(path);
        return new(state.Tensors, BnnModelFile.Description(state.Attributes) is { } description ? BnnModelFile.Header(description, path) : null);
    }

    /// <summary>The tensors of a file of PyTorch.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static StateDict State(string path) => StateDict.Find(PyTorchFile.Read(path), path);

    private static bool EndsWith(string path, string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What a file has of a network.</summary>
/// <param name="Tensors">Its tensors by name.</param>
/// <param name="Header">What it says of them; null where it is not the library's.</param>
internal sealed record FileContent(IReadOnlyList<NamedArray> Tensors, NetworkHeader? Header);
