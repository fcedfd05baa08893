using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network's tensors to and from a file.</summary>
internal static class NetworkTensors
{
    // A released network names its binary weights so, with the shape (N, 1).
    private const string FlatWeights = ".weights";
    private const string Weight = ".weight";

    public static IReadOnlyList<NamedArray> Copy(TorchNetwork network) =>
        [.. network.Store.All.Select(tensor => TensorBytes.ToArray(tensor.Name, tensor.Value))];

    /// <summary>Overwrites all of the network's tensors by the file's, which have the network's own types.</summary>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen or too many; nothing was changed.</exception>
    public static void Restore(TorchNetwork network, IReadOnlyList<NamedArray> tensors, string path) =>
        Overwrite(network, tensors, path, (own, found) => own == found);

    /// <summary>Overwrites all of the network's tensors by those of a file of PyTorch's, converted to the network's types. Binary weights
    /// that are named <c>weights</c>, in a column, are taken for <c>weight</c>; batch norm's counters may be missing, as in old files, and
    /// are 0 then.</summary>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen, too many or of numbers that do not fit; nothing was changed.</exception>
    public static void Import(TorchNetwork network, IReadOnlyList<NamedArray> tensors, string path)
    {
        var shapes = network.Store.All.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        var named = tensors.Select(array => Reshaped(array, shapes)).ToList();
        var found = named.Select(array => array.Name).ToHashSet();
        var counters = network.Store.All.Where(tensor => tensor.IsCounter && !found.Contains(tensor.Name));
        named.AddRange(counters.Select(counter => new NamedArray(counter.Name, "I64", [], new byte[sizeof(long)])));
        Overwrite(network, named, path, (own, found) => IsFloat(own) == IsFloat(found));
    }

    /// <summary>Gives numbers to those of the network's tensors that have these names.</summary>
    public static void Give(TorchNetwork network, IEnumerable<NamedArray> arrays) =>
        Checkpoint.Restore(arrays, network.Store.All.ToDictionary(tensor => tensor.Name, tensor => tensor.Value));

    /// <summary>Compares a file's tensors with what it should hold.</summary>
    /// <param name="arrays">What it holds.</param>
    /// <param name="expected">Each tensor's name, dtype and shape.</param>
    /// <param name="path">The file.</param>
    /// <param name="fits">Whether a dtype can be read as an expected one, which comes first.</param>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen, of another dtype or too many: lists all.</exception>
    public static void Require(
        IReadOnlyList<NamedArray> arrays, IReadOnlyList<(string Name, string Dtype, long[] Shape)> expected, string path, Func<string, string, bool> fits)
    {
        var problems = new List<string>();
        var found = new Dictionary<string, NamedArray>();
        problems.AddRange(arrays.Where(array => !found.TryAdd(array.Name, array)).Select(array => $"{array.Name} is there twice"));
        foreach (var (name, dtype, shape) in expected)
        {
            if (!found.TryGetValue(name, out var array))
            {
                problems.Add($"{name} is missing");
            }
            else if (!array.Shape.SequenceEqual(shape) || !fits(dtype, array.Dtype))
            {
                problems.Add($"{name} is {array.Dtype} [{InvariantText.Join(", ", array.Shape)}] where {dtype} [{InvariantText.Join(", ", shape)}] is expected");
            }
        }

        var known = expected.Select(tensor => tensor.Name).ToHashSet();
        problems.AddRange(found.Keys.Where(name => !known.Contains(name)).Select(name => $"{name} is unknown"));
        if (problems.Count > 0)
        {
            throw new BnnFileException(path, string.Join("; ", problems), "the file is of another network or another version");
        }
    }

    /// <summary>Whether a dtype is of numbers with a point.</summary>
    public static bool IsFloat(string dtype) => dtype is "F64" or "F32" or "F16" or "BF16";

    /// <summary>A tensor as the network names and shapes it: binary weights that are named <c>weights</c>, in a column, are its <c>weight</c>.</summary>
    public static NamedArray Reshaped(NamedArray array, IReadOnlyDictionary<string, long[]> shapes)
    {
        var name = array.Name.EndsWith(FlatWeights, StringComparison.Ordinal) ? array.Name[..^FlatWeights.Length] + Weight : array.Name;
        return name != array.Name && shapes.TryGetValue(name, out var shape) && array.Shape is [var count, 1] && count == shape.Aggregate(1L, (a, b) => a * b)
            ? array with { Name = name, Shape = shape }
            : array;
    }

    private static void Overwrite(TorchNetwork network, IReadOnlyList<NamedArray> arrays, string path, Func<string, string, bool> fits)
    {
        Require(arrays, [.. network.Store.All.Select(tensor => (tensor.Name, Dtypes.Of(tensor.Value.dtype)!, tensor.Shape))], path, fits);
        var found = arrays.ToDictionary(array => array.Name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var converted = network.Store.All.Select(tensor => (tensor.Value, found[tensor.Name].ToTensor(tensor.Value.dtype))).ToList();
        foreach (var (own, value) in converted)
        {
            own.copy_(value);
        }
    }
}
