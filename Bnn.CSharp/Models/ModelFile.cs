namespace Bnn;

/// <summary>Files of a network's tensors by name, whoever wrote them.</summary>
internal static class ModelFile
{
    private static readonly string[] PyTorchEndings = [".pth", ".pth.tar", ".pt"];

    public static bool IsPyTorch(string path) => !Directory.Exists(path) && Array.Exists(PyTorchEndings, ending => EndsWith(path, ending));

    public static bool IsSafetensors(string path) => !Directory.Exists(path) && EndsWith(path, ".safetensors");

    /// <summary>Whether it is named as the network's own file, of one bit a binary weight.</summary>
    public static bool IsPacked(string path) => !Directory.Exists(path) && EndsWith(path, ".bnn");

    /// <summary>A file's tensors: the network's own file or safetensors where the name ends so, else what torch.save wrote.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static IReadOnlyList<NamedArray> Tensors(string path) =>
        IsPacked(path) ? BnnModelFile.Tensors(path)
        : IsSafetensors(path) ? Safetensors.Read(path, requireChecksum: false).Tensors
        : State(path).Tensors;

    /// <summary>The tensors of a file of PyTorch.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static StateDict State(string path) => StateDict.Find(PyTorchFile.Read(path), path);

    private static bool EndsWith(string path, string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}
