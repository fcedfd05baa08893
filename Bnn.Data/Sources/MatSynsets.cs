using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Bnn;

/// <summary>The devkit's <c>meta.mat</c>: a struct array <c>synsets</c>, of whose fields ILSVRC2012_ID and WNID are read (MATLAB's MAT-file format, level 5).</summary>
internal static class MatSynsets
{
    private const int HeaderLength = 128;
    private const int Longest = 64 << 20;
    private const int Matrix = 14;
    private const int Compressed = 15;
    private const int StructClass = 2;
    private const string Id = "ILSVRC2012_ID";
    private const string Name = "WNID";
    private const string Remedy = "give the meta.mat of ImageNet's devkit";

    /// <summary>The class's name of each ILSVRC2012_ID.</summary>
    /// <exception cref="BnnFileException">The file cannot be read, or is of another kind.</exception>
    public static Dictionary<int, string> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > Longest)
            {
                throw new BnnFileException(path, $"has more than {Longest} bytes", Remedy);
            }

            var file = RegularFile.Bytes(path);
            if (file.Length < HeaderLength || file[126] != 'I' || file[127] != 'M')
            {
                throw new BnnFileException(path, "is no MAT-file of level 5", Remedy);
            }

            return Find(new(file.AsSpan(HeaderLength))) ?? throw new BnnFileException(path, $"has no structs with the fields {Id} and {Name}", Remedy);
        }
        catch (Exception error) when (error is ArgumentException or InvalidDataException or ArithmeticException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new BnnFileException(path, "is damaged", Remedy, error);
        }
        catch (Exception error) when (error is not BnnFileException && AtomicFile.IsFileFault(error))
        {
            throw new BnnFileException(path, $"cannot be read ({error.Message})", "give a file that you may read", error);
        }
    }

    private static Dictionary<int, string>? Find(Elements variables)
    {
        while (!variables.IsAtEnd)
        {
            var body = variables.Next(out var type);
            if (type == Compressed ? Find(new(Inflated(body))) is { } inside : type == Matrix && Structs(new(body), out inside))
            {
                return inside;
            }
        }

        return null;
    }

    private static byte[] Inflated(ReadOnlySpan<byte> body)
    {
        using var stream = new ZLibStream(new MemoryStream(body.ToArray()), CompressionMode.Decompress);
        var bytes = new byte[Longest];
        var length = stream.ReadAtLeast(bytes, Longest, throwOnEndOfStream: false);
        return length < Longest ? bytes[..length] : throw new InvalidDataException();
    }

    // Flags, dimensions, a name, how long the fields' names are, the names; then the fields of one struct after another.
    private static bool Structs(Elements matrix, out Dictionary<int, string>? synsets)
    {
        synsets = null;
        if (matrix.Next(out _)[0] != StructClass)
        {
            return false;
        }

        _ = matrix.Next(out _);
        _ = matrix.Next(out _);
        var length = BinaryPrimitives.ReadInt32LittleEndian(matrix.Next(out _));
        var names = matrix.Next(out _);
        var fields = Enumerable.Range(0, names.Length / length).ToList().ConvertAll(_ => "");
        for (var k = 0; k < fields.Count; k++)
        {
            fields[k] = Encoding.ASCII.GetString(names.Slice(k * length, length)).TrimEnd('\0');
        }

        if (!fields.Contains(Id) || !fields.Contains(Name))
        {
            return false;
        }

        synsets = [];
        while (!matrix.IsAtEnd)
        {
            var (id, name) = (0, "");
            foreach (var field in fields)
            {
                var value = new Elements(matrix.Next(out _));
                if (field == Id)
                {
                    id = (int)value.Number();
                }
                else if (field == Name)
                {
                    name = value.Text();
                }
            }

            synsets.Add(id, name);
        }

        return true;
    }

    /// <summary>Data elements one after another: a type, a length and so many bytes, up to a multiple of 8.</summary>
    private ref struct Elements(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> rest = bytes;

        public readonly bool IsAtEnd => rest.IsEmpty;

        public ReadOnlySpan<byte> Next(out int type)
        {
            var first = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            type = (int)(first & 0xFFFF);

            // A short one has its length beside its type, and its bytes in place of the length.
            var isShort = first >> 16 != 0;
            var (at, length) = isShort ? (4, (int)(first >> 16)) : (8, BinaryPrimitives.ReadInt32LittleEndian(rest[4..]));
            var body = rest.Slice(at, length);
            rest = rest[Math.Min(rest.Length, isShort ? 8 : 8 + (type == Compressed ? length : checked(length + 7) / 8 * 8))..];
            return body;
        }

        // Of a matrix: behind flags, dimensions and name. MATLAB stores small whole numbers as bytes, whatever their class.
        public double Number()
        {
            var value = Value(out var type);
            return type switch
            {
                1 => (sbyte)value[0],
                2 => value[0],
                3 => BinaryPrimitives.ReadInt16LittleEndian(value),
                4 => BinaryPrimitives.ReadUInt16LittleEndian(value),
                5 => BinaryPrimitives.ReadInt32LittleEndian(value),
                6 => BinaryPrimitives.ReadUInt32LittleEndian(value),
                9 => BinaryPrimitives.ReadDoubleLittleEndian(value),
                _ => throw new InvalidDataException(),
            };
        }

        public string Text()
        {
            var value = Value(out var type);
            return type is 4 or 17 ? Encoding.Unicode.GetString(value) : Encoding.UTF8.GetString(value);
        }

        private ReadOnlySpan<byte> Value(out int type)
        {
            for (var k = 0; k < 3; k++)
            {
                _ = Next(out _);
            }

            return Next(out type);
        }
    }
}
