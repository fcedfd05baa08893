namespace Bnn;

/// <summary>
/// The element types of tensor files, by their names in the safetensors format: <c>F64</c>, <c>F32</c>, <c>F16</c>, <c>BF16</c>,
/// <c>I64</c>, <c>I32</c>, <c>I16</c>, <c>I8</c>, <c>U8</c>, <c>BOOL</c>, and <c>U64</c>, <c>U32</c>, <c>U16</c>, which torch
/// tensors do not have here.
/// </summary>
internal static class Dtypes
{
    private static readonly Row[] All =
    [
        new("F64", 8, "DoubleStorage"),
        new("F32", 4, "FloatStorage"),
        new("F16", 2, "HalfStorage"),
        new("BF16", 2, "BFloat16Storage"),
        new("I64", 8, "LongStorage"),
        new("I32", 4, "IntStorage"),
        new("I16", 2, "ShortStorage"),
        new("I8", 1, "CharStorage"),
        new("U8", 1, "ByteStorage"),
        new("BOOL", 1, "BoolStorage"),
        new("U64", 8, null),
        new("U32", 4, null),
        new("U16", 2, null),
    ];

    private static readonly Dictionary<string, Row> ByName = All.ToDictionary(row => row.Name);

    /// <summary>The bytes of an element; throws FormatException for an unknown dtype.</summary>
    public static int Size(string dtype) => Find(dtype).Size;

    /// <summary>PyTorch's storage class of this dtype, without its module; null where it has none.</summary>
    public static string? StorageOf(string dtype) => Find(dtype).Storage;

    /// <summary>The dtype of a storage class of PyTorch; null where it is none of these.</summary>
    public static string? OfStorage(string storage) => Array.Find(All, row => row.Storage == storage)?.Name;

    /// <summary>What a tensor takes; throws FormatException for an unknown dtype, a negative extent or an overflow.</summary>
    public static long SizeInBytes(string dtype, IReadOnlyList<long> shape)
    {
        long size = Size(dtype);
        var empty = false;
        foreach (var extent in shape)
        {
            // extents beside a 0 count too: torch multiplies them when it makes strides
            if (extent < 0 || size > long.MaxValue / Math.Max(extent, 1))
            {
                throw new FormatException($"has the shape [{InvariantText.Join(", ", shape)}], which is negative or too large");
            }

            empty |= extent == 0;
            size *= Math.Max(extent, 1);
        }

        return empty ? 0 : size;
    }

    private static Row Find(string dtype) => ByName.TryGetValue(dtype, out var row)
        ? row
        : throw new FormatException($"has the dtype {dtype}; allowed: {string.Join(", ", All.Select(known => known.Name))}");

    private sealed record Row(string Name, int Size, string? Storage);
}
