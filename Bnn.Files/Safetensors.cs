using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bnn;

/// <summary>One tensor of a file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Dtype">One of <see cref="Dtypes"/>, for instance <c>F32</c>.</param>
/// <param name="Shape">Its extents, slowest first; empty for a single number.</param>
/// <param name="Bytes">Its elements in row-major order, each little-endian.</param>
internal sealed record NamedArray(string Name, string Dtype, long[] Shape, ReadOnlyMemory<byte> Bytes);

/// <summary>What a safetensors file holds.</summary>
/// <param name="Metadata">Texts by name, without the checksum.</param>
/// <param name="Tensors">The tensors, in the order of the file's header.</param>
internal sealed record TensorFile(IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<NamedArray> Tensors);

/// <summary>
/// Files of named tensors in the safetensors format: the header's length (8 bytes, little-endian), the header (JSON: for each
/// tensor its dtype, shape and data_offsets; texts under __metadata__; spaces up to a multiple of 8 bytes), the tensors' bytes.
/// </summary>
/// <remarks>
/// The metadata key <c>bnn.sha256</c> is a checksum over every byte of the file: 64 lower-case hexadecimal digits, the SHA-256
/// of the whole file as it reads with these 64 digits replaced by <c>0</c>. So any changed byte is noticed, in the data,
/// the header, its length or the checksum itself. Other readers take it for one more text.
/// </remarks>
internal static class Safetensors
{
    /// <summary>The metadata key of the checksum.</summary>
    public const string ChecksumKey = "bnn.sha256";

    /// <summary>The longest header that is read or written.</summary>
    public const int MaxHeader = 100_000_000;

    internal const string MetadataKey = "__metadata__";

    internal static readonly string NoChecksum = new('0', SHA256.HashSizeInBytes * 2);

    // throws where a text has no UTF-8 form, which would otherwise silently come back as another text
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">The content is no safetensors file: a defect of the caller.</exception>
    public static void Write(string path, TensorFile file)
    {
        byte[] header;
        try
        {
            header = Header(file);
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"the content {e.Message}", e);
        }

        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(length);
        hash.AppendData(header);
        foreach (var tensor in file.Tensors)
        {
            hash.AppendData(tensor.Bytes.Span);
        }

        var digits = SafetensorsHeader.Parse(header).Checksum!.Value.At;
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()), header.AsSpan(digits));
        AtomicFile.Write(path, stream =>
        {
            stream.Write(length);
            stream.Write(header);
            foreach (var tensor in file.Tensors)
            {
                stream.Write(tensor.Bytes.Span);
            }
        });
    }

    /// <summary>Reads a file. Sizes are checked against the file's before anything of that size is allocated.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireChecksum">Whether a file without checksum is refused; a checksum that is there must hold in any case.</param>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static TensorFile Read(string path, bool requireChecksum = true) =>
        InputFile.Read(path, stream => Read(stream, _ => requireChecksum));

    /// <summary>Reads a file's texts, and nothing of its tensors. They may be damaged: the checksum is of the whole file.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path) =>
        InputFile.Read(path, stream => SafetensorsHeader.Parse(HeaderBytes(stream, new byte[8])).Metadata);

    private static byte[] HeaderBytes(FileStream stream, byte[] length)
    {
        var total = stream.Length;
        if (total < 8)
        {
            throw new FormatException($"has {total} bytes, too few for the header's length");
        }

        stream.ReadExactly(length);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerLength > MaxHeader || (long)headerLength > total - 8)
        {
            throw new FormatException(
                $"says at byte 0 that its header has {headerLength} bytes; allowed: at most {MaxHeader} and the file's other {total - 8} bytes");
        }

        var bytes = new byte[(int)headerLength];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Reads an open file.</summary>
    /// <param name="stream">The file, at its begin.</param>
    /// <param name="requireChecksum">Whether one of these texts is refused without checksum; a checksum that is there must hold in any case.</param>
    /// <exception cref="FormatException">The file is damaged or of another kind.</exception>
    public static TensorFile Read(FileStream stream, Func<IReadOnlyDictionary<string, string>, bool> requireChecksum)
    {
        var length = new byte[8];
        var bytes = HeaderBytes(stream, length);
        var header = SafetensorsHeader.Parse(bytes);
        var inFileOrder = header.InFileOrder(stream.Length - 8 - bytes.Length);
        if (header.Checksum is null && requireChecksum(header.Metadata))
        {
            throw new FormatException($"has no checksum ({ChecksumKey} in its metadata)");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(length);
        if (header.Checksum is { } place)
        {
            Encoding.ASCII.GetBytes(NoChecksum, bytes.AsSpan(place.At));
        }

        hash.AppendData(bytes);
        var data = new Dictionary<string, byte[]>();
        foreach (var entry in inFileOrder)
        {
            var tensor = new byte[entry.End - entry.Begin];
            stream.ReadExactly(tensor);
            hash.AppendData(tensor);
            data.Add(entry.Name, tensor);
        }

        if (header.Checksum is { } found && Convert.ToHexStringLower(hash.GetHashAndReset()) != found.Digits)
        {
            throw new FormatException("does not have the content that its checksum was made of");
        }

        return new TensorFile(
            header.Metadata,
            [.. header.Entries.Select(entry => new NamedArray(entry.Name, entry.Dtype, entry.Shape, data[entry.Name]))]);
    }

    /// <summary>The padded header, with zeros for the checksum.</summary>
    private static byte[] Header(TensorFile file)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            json.WriteString(ChecksumKey, NoChecksum);
            foreach (var (key, value) in file.Metadata)
            {
                Require(key != ChecksumKey, $"the metadata key {ChecksumKey} is the file's own");
                json.WriteString(Utf8.GetBytes(key), Utf8.GetBytes(value));
            }

            json.WriteEndObject();
            var names = new HashSet<string> { MetadataKey };
            var begin = 0L;
            foreach (var tensor in file.Tensors)
            {
                Require(names.Add(tensor.Name), $"the tensor name {tensor.Name} is taken");
                Require(
                    Dtypes.SizeInBytes(tensor.Dtype, tensor.Shape) == tensor.Bytes.Length,
                    $"the tensor {tensor.Name} has {tensor.Bytes.Length} bytes, which is not its shape times the size of {tensor.Dtype}");
                json.WriteStartObject(Utf8.GetBytes(tensor.Name));
                json.WriteString("dtype", tensor.Dtype);
                json.WriteStartArray("shape");
                foreach (var extent in tensor.Shape)
                {
                    json.WriteNumberValue(extent);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(begin += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (memory.Length % 8 != 0)
        {
            memory.WriteByte((byte)' ');
        }

        Require(memory.Length <= MaxHeader, $"the names and texts take {memory.Length} bytes, more than {MaxHeader}");
        return memory.ToArray();
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new ArgumentException(problem);
        }
    }
}
