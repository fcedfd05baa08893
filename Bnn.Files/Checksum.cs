using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Bnn;

/// <summary>A SHA-256 of values one after another. Texts have their length before them, so that two lists of values with one checksum are the
/// same list.</summary>
internal sealed class Checksum : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>That of a text, as 64 hexadecimal digits.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>That of bytes, as 64 hexadecimal digits.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>That of tensors with their names, types and shapes.</summary>
    public static string Of(IEnumerable<NamedArray> tensors)
    {
        using var sum = new Checksum();
        foreach (var tensor in tensors)
        {
            sum.Bytes(Encoding.UTF8.GetBytes($"{tensor.Name} {tensor.Dtype} {InvariantText.Join(" ", tensor.Shape)}\n"));
            sum.Bytes(tensor.Bytes.Span);
        }

        return sum.Digits();
    }

    public void Number(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    /// <summary>A number, bit for bit.</summary>
    public void Number(double number) => Number(BitConverter.DoubleToInt64Bits(number));

    public void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Number(bytes.Length);
        hash.AppendData(bytes);
    }

    public void Bytes(ReadOnlySpan<byte> bytes) => hash.AppendData(bytes);

    public void Numbers<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged
    {
        // a span of bytes ends at 2 GB
        const int Piece = 1 << 24;
        for (var start = 0; start < numbers.Length; start += Piece)
        {
            hash.AppendData(MemoryMarshal.AsBytes(numbers[start..Math.Min(numbers.Length, start + Piece)]));
        }
    }

    /// <summary>All of it, as 64 hexadecimal digits.</summary>
    public string Digits() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public void Dispose() => hash.Dispose();
}
