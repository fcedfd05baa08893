using Microsoft.Win32.SafeHandles;

namespace Bnn;

/// <summary>
/// A view of a file that moves forward. A header is read with the bytes after it: where images are small the next headers are among them,
/// and where they are large the data are passed over.
/// </summary>
internal sealed class TarWindow(SafeFileHandle handle, string path)
{
    private const int Size = 1 << 14;

    private readonly byte[] bytes = new byte[Size];
    private long start;
    private int count;

    /// <summary>The file's length.</summary>
    public long Length { get; } = SourceFile.Length(handle, path);

    /// <summary>At most <paramref name="wanted"/> bytes, less where the file ends; they stay until the next call.</summary>
    public ReadOnlySpan<byte> At(long offset, int wanted)
    {
        if (wanted > Size)
        {
            var longer = new byte[Math.Min(wanted, Math.Max(Length - offset, 0))];
            return longer.AsSpan(0, SourceFile.Read(handle, offset, longer, path));
        }

        if (offset < start || offset + wanted > start + count)
        {
            (start, count) = (offset, SourceFile.Read(handle, offset, bytes, path));
        }

        return bytes.AsSpan((int)(offset - start), Math.Min(wanted, count - (int)(offset - start)));
    }
}
