using static TorchSharp.torch;

namespace Bnn;

/// <summary>The element types of torch tensors by the names that <see cref="Dtypes"/> gives them.</summary>
internal static class TorchTypes
{
    private static readonly Dictionary<string, ScalarType> ByName = new()
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    private static readonly Dictionary<ScalarType, string> ByType = ByName.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The torch tensors of this dtype; null where there are none.</summary>
    public static ScalarType? Of(string dtype) => ByName.TryGetValue(dtype, out var type) ? type : null;

    /// <summary>The dtype of torch tensors; null where files have none.</summary>
    public static string? Dtype(ScalarType type) => ByType.GetValueOrDefault(type);
}
