using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>What a file of weights holds, without making a network of it: a file of PyTorch, safetensors, or the library's own (.bnn), whose three tensors are the packed signs, the scales, and the rest.</summary>
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

    /// <summary>What the dict of the tensors holds beside tensors, and is left out.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Reads what a file holds. Nothing of the file is ever run.</summary>
    /// <param name="path">The file; its kind is told by its first bytes.</param>
    /// <param name="key">Where in a file of PyTorch the tensors are (<see cref="ImportOptions.Key"/>); null where it has one dict of tensors.</param>
    /// <exception cref="BnnFileException">The file is missing, damaged, of another kind, or holds several dicts of tensors or none.</exception>
    public static WeightsFile Read(string path, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var content = ModelFile.Read(path, new() { Key = key, LeaveOutOthers = true });
        var described = content.Description is null ? null : BnnModelFile.Described(content.Description);
        var (prefix, tensors) = described is null ? BnnModelFile.KnownNames(content.Tensors) : ("", content.Tensors);
        return new(
            path, [.. tensors.Select(tensor => new StoredTensor(tensor.Name, tensor.Dtype, tensor.Shape))], content.Others, prefix,
            described ?? BnnModelFile.Recognized(tensors), described is not null)
        {
            Candidates = described is null ? BnnModelFile.Candidates(tensors) : [],
            LeftOut = content.LeftOut,
        };
    }

    /// <summary>A line for each tensor, and what the file holds besides.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture).TrimEnd());

        Line($"{Path}");
        var width = Tensors.Select(tensor => tensor.Name.Length).DefaultIfEmpty().Max();
        foreach (var tensor in Tensors)
        {
            Line($"  {tensor.Name.PadRight(width)}  {tensor.Type,-4}  {InvariantText.Join(" x ", tensor.Shape)}");
        }

        Line($"{Tensors.Count} tensors, {Tensors.Sum(tensor => tensor.Count):N0} numbers{(Prefix.Length > 0 ? $"; every name began with {Prefix}" : "")}");
        if (LeftOut.Count > 0)
        {
            Line($"left out: {string.Join(", ", LeftOut)}");
        }

        foreach (var (name, value) in Others)
        {
            Line($"{name}: {value}");
        }

        Line($"network: {Network?.Name ?? (Candidates.Count > 0 ? string.Join(" or ", Candidates) : "none that is known")}{(Network is null || IsDescribed ? "" : ", architecture inferred from tensor names")}");
        return text.ToString().TrimEnd();
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
