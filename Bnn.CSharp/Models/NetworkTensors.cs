using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network's tensors to and from a file.</summary>
internal static class NetworkTensors
{
    private const string Counter = ".num_batches_tracked";

    // A released network names its binary weights so, with the shape (N, 1).
    private const string FlatWeights = ".weights";
    private const string Weight = ".weight";

    public static IReadOnlyList<NamedArray> Copy(Network network) =>
        [.. network.Store.All.Select(tensor => TensorBytes.ToArray(tensor.Name, tensor.Value))];

    /// <summary>Overwrites all of the network's tensors by the file's, which have the network's own types.</summary>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen or too many; nothing was changed.</exception>
    public static void Restore(Network network, TensorFile file, string path) =>
        Overwrite(network, file.Tensors, path, (tensor, array) => array.Dtype == Dtypes.Of(tensor.Value.dtype));

    /// <summary>Overwrites all of the network's tensors by those of a file of PyTorch's, converted to the network's types. Binary weights
    /// that are named <c>weights</c>, in a column, are taken for <c>weight</c>; batch norm's counters may be missing, as in old files, and
    /// are 0 then.</summary>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen, too many or of numbers that do not fit; nothing was changed.</exception>
    public static void Import(Network network, IReadOnlyList<NamedArray> tensors, string path)
    {
        var shapes = network.Store.All.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        var named = tensors.Select(array => Reshaped(array, shapes)).ToList();
        var found = named.Select(array => array.Name).ToHashSet();
        var counters = network.Store.All.Where(tensor => tensor.Name.EndsWith(Counter, StringComparison.Ordinal) && !found.Contains(tensor.Name));
        named.AddRange(counters.Select(counter => new NamedArray(counter.Name, "I64", [], new byte[sizeof(long)])));
        Overwrite(network, named, path, (tensor, array) => IsFloat(array) == tensor.Value.is_floating_point());
    }

    private static bool IsFloat(NamedArray array) => array.Dtype is "F64" or "F32" or "F16" or "BF16";

    private static NamedArray Reshaped(NamedArray array, Dictionary<string, long[]> shapes)
    {
        var name = array.Name.EndsWith(FlatWeights, StringComparison.Ordinal) ? array.Name[..^FlatWeights.Length] + Weight : array.Name;
        return name != array.Name && shapes.TryGetValue(name, out var shape) && array.Shape is [var count, 1] && count == shape.Aggregate(1L, (a, b) => a * b)
            ? array with { Name = name, Shape = shape }
            : array;
    }

    private static void Overwrite(
        Network network, IReadOnlyList<NamedArray> arrays, string path, Func<NetworkTensor, NamedArray, bool> isOfType)
    {
        const string remedy = "the file is of another network or another version";
        var problems = new List<string>();
        var found = new Dictionary<string, NamedArray>();
        problems.AddRange(arrays.Where(array => !found.TryAdd(array.Name, array)).Select(array => $"{array.Name} is there twice"));
        foreach (var tensor in network.Store.All)
        {
            if (!found.TryGetValue(tensor.Name, out var array))
            {
                problems.Add($"{tensor.Name} is missing");
            }
            else if (!array.Shape.SequenceEqual(tensor.Shape) || !isOfType(tensor, array))
            {
                problems.Add(
                    $"{tensor.Name} is {array.Dtype} [{string.Join(", ", array.Shape)}] where {Dtypes.Of(tensor.Value.dtype)} "
                    + $"[{string.Join(", ", tensor.Shape)}] is expected");
            }
        }

        var known = network.Store.All.Select(tensor => tensor.Name).ToHashSet();
        problems.AddRange(found.Keys.Where(name => !known.Contains(name)).Select(name => $"{name} is unknown"));
        if (problems.Count > 0)
        {
            throw new BnnFileException(path, string.Join("; ", problems), remedy);
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var converted = network.Store.All.Select(tensor => (tensor.Value, found[tensor.Name].ToTensor(tensor.Value.dtype))).ToList();
        foreach (var (own, value) in converted)
        {
            own.copy_(value);
        }
    }
}
