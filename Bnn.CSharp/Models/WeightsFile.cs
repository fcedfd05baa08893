using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>What a file of weights holds, without making a network of it: a file of PyTorch (.pth, .pth.tar, .pt), safetensors, or the
/// library's own (.bnn), whose three tensors are the packed signs, the scales, and the rest.</summary>
/// <param name="Path">The file.</param>
/// <param name="Tensors">The model's tensors, in the file's order.</param>
/// <param name="Others">What the file holds besides, by name, in words: <c>epoch</c>: <c>3</c>.</param>
/// <param name="Prefix">What every tensor's name began with and is taken off, for instance <c>module.</c>; else empty.</param>
/// <param name="Network">The network that the tensors are of; null where it is none that the library has.</param>
/// <param name="IsDescribed">Whether the file itself describes the network, as those of <see cref="BnnModel.Save(string)"/> do. Else its
/// architecture is inferred from tensor names and shapes, for strides and images as published.</param>
public sealed record WeightsFile(
    string Path, IReadOnlyList<StoredTensor> Tensors, IReadOnlyList<(string Name, string Value)> Others, string Prefix,
    ModelDescription? Network, bool IsDescribed)
{
    /// <summary>The networks that all have these tensors, by their functions in <see cref="Models"/>, where there is more than one: then
    /// <see cref="Network"/> is null, and <see cref="BnnModel.Import"/> is told which.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>Reads what a file holds. Nothing of the file is ever run.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged, of another kind, or holds more than tensors and plain data.</exception>
    public static WeightsFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (ModelFile.IsSafetensors(path) || ModelFile.IsPacked(path))
        {
            var file = Safetensors.Read(path, requireChecksum: false);
            return Of(path, file.Tensors, [.. file.Metadata.Select(entry => (entry.Key, entry.Value))], "", file.Metadata);
        }

        var state = ModelFile.State(path);
        return Of(path, state.Tensors, [.. state.Others.Select(entry => (entry.Key, InWords(entry.Value)))], state.Prefix, BnnModelFile.Description(state.Attributes));
    }

    /// <summary>A line for each tensor, and what the file holds besides.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture).TrimEnd());

        Line($"{Path}");
        var width = Tensors.Max(tensor => tensor.Name.Length);
        foreach (var tensor in Tensors)
        {
            Line($"  {tensor.Name.PadRight(width)}  {tensor.Type,-4}  {InvariantText.Join(" x ", tensor.Shape)}");
        }

        Line($"{Tensors.Count} tensors, {Tensors.Sum(tensor => tensor.Count):N0} numbers{(Prefix.Length > 0 ? $"; every name began with {Prefix}" : "")}");
        foreach (var (name, value) in Others)
        {
            Line($"{name}: {value}");
        }

        Line($"network: {Network?.Name ?? (Candidates.Count > 0 ? string.Join(" or ", Candidates) : "none that is known")}{(Network is null || IsDescribed ? "" : ", architecture inferred from tensor names")}");
        return text.ToString().TrimEnd();
    }

    private static WeightsFile Of(
        string path, IReadOnlyList<NamedArray> tensors, IReadOnlyList<(string, string)> others, string prefix,
        IReadOnlyDictionary<string, string>? description)
    {
        var described = description is null ? null : BnnModelFile.Described(description);
        return new(
            path, [.. tensors.Select(tensor => new StoredTensor(tensor.Name, tensor.Dtype, tensor.Shape))], others, prefix,
            described ?? BnnModelFile.Recognized(tensors), described is not null)
        {
            Candidates = described is null ? BnnModelFile.Candidates(tensors) : [],
        };
    }

    private static string InWords(PickleValue value) => value switch
    {
        PickleNone => "None",
        PickleBool flag => $"{flag.Value}",
        PickleInteger number => number.Value.ToString(CultureInfo.InvariantCulture),
        PickleFloat number => number.Value.ToString(CultureInfo.InvariantCulture),
        PickleText text => text.Value,
        PickleTensor { Shape: [] } tensor => Number(tensor),
        PickleTensor tensor => $"a tensor, {tensor.Dtype} {InvariantText.Join(" x ", tensor.Shape)}",
        PickleDict dict => $"a dict of {dict.Entries.Count}: {string.Join(", ", dict.Entries.Take(5).Select(entry => InWords(entry.Key)))}",
        PickleList list => $"a list of {list.Items.Count}",
        PickleTuple tuple => $"a tuple of {tuple.Items.Count}",
        PickleSet set => $"a set of {set.Items.Count}",
        PickleBytes bytes => $"{bytes.Value.Length} bytes",
        _ => "something else",
    };

    private static string Number(PickleTensor tensor)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return tensor.Named("").ToTensor(TorchSharp.torch.ScalarType.Float64).item<double>().ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>A tensor of a file.</summary>
/// <param name="Name">Its name, without a prefix that all have.</param>
/// <param name="Type">The type of its numbers: F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL.</param>
/// <param name="Shape">Its extents, slowest first; empty for a single number.</param>
public sealed record StoredTensor(string Name, string Type, IReadOnlyList<long> Shape)
{
    /// <summary>How many numbers it has.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}
