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

    /// <summary>The shapes of a sound network's tensors by name; no memory is taken for them.</summary>
    public static Dictionary<string, long[]> ShapesOf(ModelDescription model) => Shapes(NetworkModule.tensors(model.Input, model.Network).Select(spec => new NetworkTensor(spec)));

    /// <summary>Overwrites all of the network's tensors by a file's.</summary>
    /// <param name="network">The network.</param>
    /// <param name="tensors">The tensors. Where they are not the library's own, they are converted to the network's types; binary weights that are named <c>weights</c>,
    /// in a column, are taken for <c>weight</c>; batch norm's counters may be missing, as in old files, and are 0 then.</param>
    /// <param name="path">The file.</param>
    /// <param name="isExact">Whether the tensors are the library's own, in the network's own types.</param>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen, too many or of numbers that do not fit; nothing was changed.</exception>
    public static void Overwrite(TorchNetwork network, IReadOnlyList<NamedArray> tensors, string path, bool isExact)
    {
        var found = Require(network, tensors, path, isExact);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var converted = network.Store.All.Select(tensor => (tensor.Value, found[tensor.Name].ToTensor(tensor.Value.dtype))).ToList();
        foreach (var (own, value) in converted)
        {
            own.copy_(value);
        }
    }

    /// <summary>A file's tensors by the network's names, after a comparison with the network, which needs no memory for that.</summary>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen, too many or of numbers that do not fit.</exception>
    public static Dictionary<string, NamedArray> Require(TorchNetwork network, IReadOnlyList<NamedArray> tensors, string path, bool isExact)
    {
        var named = isExact ? tensors : Named(network, tensors);
        Require(named, [.. network.Store.All.Select(tensor => (tensor.Name, tensor.Dtype, tensor.Shape))], path, (own, found) => isExact ? own == found : IsFloat(own) == IsFloat(found));
        return named.ToDictionary(array => array.Name);
    }

    private static List<NamedArray> Named(TorchNetwork network, IReadOnlyList<NamedArray> tensors)
    {
        var shapes = Shapes(network.Store.All);
        var named = tensors.Select(array => Reshaped(array, shapes)).ToList();
        var found = named.Select(array => array.Name).ToHashSet();
        var counters = network.Store.All.Where(tensor => tensor.IsCounter && !found.Contains(tensor.Name));
        return [.. named, .. counters.Select(counter => new NamedArray(counter.Name, "I64", [], new byte[sizeof(long)]))];
    }

    private static Dictionary<string, long[]> Shapes(IEnumerable<NetworkTensor> tensors) => tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);

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
        var others = found.Keys.Where(name => !known.Contains(name)).ToList();
        if (problems.Count + others.Count > 0)
        {
            throw new BnnFileException(
                path, string.Join("; ", problems.Concat(others.Select(name => $"{name} is unknown"))),
                "the file is of another network or another version" + (problems.Count > 0 ? "" : "; BnnModel.Import with new ImportOptions { LeaveOutOthers = true } leaves out what is unknown"));
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
}
