namespace Bnn;

/// <summary>
/// A zip file's stream of which only so many bytes are read before its list of entries is known: each of these takes some ten times its bytes
/// in memory, and the count that the file states is checked only after all of them have been read.
/// </summary>
internal sealed class DirectoryLimit(Stream stream) : Stream
{
    /// <summary>The longest list of entries: that of some 100,000 tensors.</summary>
    public const long Max = 16 * 1024 * 1024;

    private long read;

    /// <summary>Whether the list has been read; then nothing is counted any more.</summary>
    public bool IsKnown { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => stream.Length;

    public override long Position
    {
        get => stream.Position;
        set => stream.Position = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = stream.Read(buffer);
        read += IsKnown ? 0 : count;
        return read <= Max ? count : throw new RefusedContentException(
            $"is a zip file whose list of entries takes more than {Max} bytes", "save only the model's state_dict with torch.save");
    }

    public override long Seek(long offset, SeekOrigin origin) => stream.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
