namespace Bnn;

/// <summary>What the names of a file's tensors begin with, and those of its network do not: <c>module.</c> (DataParallel), <c>_orig_mod.</c> (torch.compile), <c>model.</c>
/// (Lightning), several of them, or the name that the network had in a larger module.</summary>
internal static class NamePrefix
{
    private const int MostParts = 8;

    private static readonly string[] Wrappers = ["module", "_orig_mod", "model"];

    /// <summary>The tensors without the shortest prefix that all names have and without which they suit; where none does, without those of wrappers.</summary>
    /// <param name="tensors">The tensors as the file names them.</param>
    /// <param name="suits">Whether names are a network's.</param>
    public static (string Prefix, IReadOnlyList<NamedArray> Tensors) Off(
        IReadOnlyList<NamedArray> tensors, Func<IReadOnlyList<NamedArray>, bool> suits)
    {
        var all = Shared(tensors).Select(prefix => (Prefix: prefix, Tensors: Without(tensors, prefix))).ToList();
        var suiting = all.FindIndex(without => suits(without.Tensors));
        return suiting >= 0 ? all[suiting] : all.FindLast(without => without.Prefix.Split('.')[..^1].All(Wrappers.Contains));
    }

    /// <summary>The tensors without the prefix that those of a network with these names do not have.</summary>
    /// <param name="tensors">The tensors as the file names them.</param>
    /// <param name="shapes">The network's tensors.</param>
    public static (string Prefix, IReadOnlyList<NamedArray> Tensors) Off(IReadOnlyList<NamedArray> tensors, IReadOnlyDictionary<string, long[]> shapes) =>
        Off(tensors, now => now.Any(tensor => shapes.ContainsKey(NetworkTensors.Reshaped(tensor, shapes).Name)));

    /// <summary>What all names begin with, up to a dot and shorter than any of them: nothing, <c>module.</c>, <c>module.model.</c></summary>
    private static IEnumerable<string> Shared(IReadOnlyList<NamedArray> tensors)
    {
        yield return "";
        var (first, end) = (tensors.Count > 0 ? tensors[0].Name : "", 0);
        for (var part = 0; part < MostParts; part++)
        {
            end = first.IndexOf('.', end) + 1;
            if (end == 0 || !tensors.All(tensor => tensor.Name.Length > end && tensor.Name.StartsWith(first[..end], StringComparison.Ordinal)))
            {
                yield break;
            }

            yield return first[..end];
        }
    }

    private static IReadOnlyList<NamedArray> Without(IReadOnlyList<NamedArray> tensors, string prefix) =>
        prefix.Length == 0 ? tensors : [.. tensors.Select(tensor => tensor with { Name = tensor.Name[prefix.Length..] })];
}
