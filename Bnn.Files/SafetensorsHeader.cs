using System.Text.Json;
using System.Text.Unicode;

namespace Bnn;

/// <summary>
/// The header of a safetensors file. Parsing throws FormatException, and nothing else, for whatever bytes it gets;
/// the message says what is wrong with the file, for the caller to add its path.
/// </summary>
/// <param name="Metadata">The texts, without the checksum.</param>
/// <param name="Entries">The tensors, in the header's order.</param>
/// <param name="Checksum">The checksum and where in the header its digits begin, if there is one.</param>
internal sealed record SafetensorsHeader(
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<SafetensorsHeader.Entry> Entries,
    (string Digits, int At)? Checksum)
{
    /// <summary>One tensor: its bytes are those from Begin to before End, counted from the header's end.</summary>
    public sealed record Entry(string Name, string Dtype, long[] Shape, long Begin, long End);

    // a name takes some 500 bytes in memory; the checkpoint of a network of 10,000 layers has some 300,000
    private const int MostNames = 500_000;

    /// <summary>Parses a header, padding included.</summary>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty || header[0] != (byte)'{')
        {
            throw new FormatException("has a header that does not begin with {");
        }

        if (!Utf8.IsValid(header))
        {
            throw new FormatException("has a header that is not UTF-8");
        }

        var json = new Utf8JsonReader(header);
        try
        {
            return Parse(ref json);
        }
        // the reader's InvalidOperationException: an escape that is half a surrogate pair
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"has a header that is not JSON near its byte {json.BytesConsumed}: {e.Message}", e);
        }
    }

    /// <summary>The tensors as their bytes follow each other; throws FormatException unless they cover the data without gap or overlap.</summary>
    public IReadOnlyList<Entry> InFileOrder(long dataLength)
    {
        var ordered = Entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End).ToList();
        var end = 0L;
        foreach (var entry in ordered)
        {
            if (entry.Begin != end || entry.End < entry.Begin || entry.End > dataLength)
            {
                throw new FormatException(
                    $"has the tensor {entry.Name} at the data bytes {entry.Begin} to {entry.End}; expected: from {end} to at most {dataLength}");
            }

            if (entry.End - entry.Begin != Dtypes.SizeInBytes(entry.Dtype, entry.Shape))
            {
                throw new FormatException(
                    $"has {entry.End - entry.Begin} bytes for the tensor {entry.Name}, which is not its shape times the size of {entry.Dtype}");
            }

            if (entry.End - entry.Begin > Array.MaxLength)
            {
                throw new FormatException($"has the tensor {entry.Name} of more than {Array.MaxLength} bytes, which cannot be read");
            }

            end = entry.End;
        }

        return end == dataLength
            ? ordered
            : throw new FormatException($"has {dataLength} data bytes, of which its tensors use {end}");
    }

    private static SafetensorsHeader Parse(ref Utf8JsonReader json)
    {
        var metadata = new Dictionary<string, string>();
        var entries = new List<Entry>();
        (string Digits, int At)? checksum = null;
        var names = new HashSet<string>();
        Expect(ref json, JsonTokenType.StartObject);
        while (NextName(ref json) is { } name)
        {
            if (!names.Add(name))
            {
                throw new FormatException($"has the name {name} twice");
            }

            RequireFew(names.Count, "tensors");

            if (name == Safetensors.MetadataKey)
            {
                checksum = ParseMetadata(ref json, metadata);
            }
            else
            {
                entries.Add(ParseEntry(ref json, name));
            }
        }

        // anything but the padding is an error of the reader's own
        return json.Read()
            ? throw new FormatException("has a header that goes on after its object")
            : new SafetensorsHeader(metadata, entries, checksum);
    }

    private static (string Digits, int At)? ParseMetadata(ref Utf8JsonReader json, Dictionary<string, string> metadata)
    {
        (string Digits, int At)? checksum = null;
        if (json.Read() && json.TokenType == JsonTokenType.Null)
        {
            // others write so that they have none
            return null;
        }

        Require(ref json, JsonTokenType.StartObject);
        while (NextName(ref json) is { } key)
        {
            Expect(ref json, JsonTokenType.String);
            if (!metadata.TryAdd(key, json.GetString()!))
            {
                throw new FormatException($"has the metadata {key} twice");
            }

            RequireFew(metadata.Count, "texts in its metadata");

            if (key == Safetensors.ChecksumKey)
            {
                // an escaped digit would move the place of the digits
                if (json.ValueSpan.Length != Safetensors.NoChecksum.Length)
                {
                    throw new FormatException($"has a checksum ({key}) that is not {Safetensors.NoChecksum.Length} digits");
                }

                checksum = (json.GetString()!, (int)json.TokenStartIndex + 1);
            }
        }

        metadata.Remove(Safetensors.ChecksumKey);
        return checksum;
    }

    private static void RequireFew(int count, string what)
    {
        if (count > MostNames)
        {
            throw new FormatException($"has more than {MostNames} {what}, which are not read");
        }
    }

    private static Entry ParseEntry(ref Utf8JsonReader json, string name)
    {
        string? dtype = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref json, JsonTokenType.StartObject);
        while (NextName(ref json) is { } key)
        {
            switch (key)
            {
                case "dtype" when dtype is null:
                    Expect(ref json, JsonTokenType.String);
                    dtype = json.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = Integers(ref json);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = Integers(ref json);
                    break;
                default:
                    throw new FormatException($"has {key} twice or unexpectedly in the tensor {name}");
            }
        }

        return dtype is not null && shape is not null && offsets is [var begin, var end]
            ? new Entry(name, dtype, shape, begin, end)
            : throw new FormatException($"lacks dtype, shape or two data_offsets of the tensor {name}");
    }

    private static long[] Integers(ref Utf8JsonReader json)
    {
        var values = new List<long>();
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            values.Add(json.TryGetInt64(out var value)
                ? value
                : throw new FormatException($"has a number near byte {json.BytesConsumed} of its header that is no 64-bit integer"));
        }

        return json.TokenType == JsonTokenType.EndArray
            ? [.. values]
            : throw new FormatException($"has something else than a number near byte {json.BytesConsumed} of its header");
    }

    private static string? NextName(ref Utf8JsonReader json) =>
        json.Read() && json.TokenType == JsonTokenType.PropertyName ? json.GetString() : null;

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        json.Read();
        Require(ref json, type);
    }

    private static void Require(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (json.TokenType != type)
        {
            throw new FormatException($"has {json.TokenType} instead of {type} near byte {json.BytesConsumed} of its header");
        }
    }
}
