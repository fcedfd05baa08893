using System.Buffers.Binary;

namespace Bnn;

/// <summary>One walk over the markers.</summary>
internal ref struct JpegScanner(ReadOnlySpan<byte> file)
{
    // As many as libjpeg-turbo's own limit against files that are made to take minutes.
    private const int MostScans = 500;
    private const string Cut = "ends before its end-of-image marker";

    private readonly ReadOnlySpan<byte> file = file;
    private int at;
    private int interval;
    private int scans;
    private int scanned;
    private byte frame;

    public JpegStructure Structure { get; private set; }

    public string? Run()
    {
        if (!JpegStructure.Begins(file))
        {
            return "does not begin as a JPEG file";
        }

        at = 2;
        while (true)
        {
            if (!JpegMarker.Next(file, ref at, out var code))
            {
                return Cut;
            }

            if (code == JpegMarker.End)
            {
                return Ended();
            }

            // A restart marker before the image data is junk as any other.
            if (!(scans == 0 && JpegMarker.IsRestart(code)) && Segment(code) is { } problem)
            {
                return problem;
            }
        }
    }

    private string? Segment(byte code)
    {
        var begin = at - 2;
        if (code == JpegMarker.Lossless && scans == 0)
        {
            return Unsupported("is a JPEG-LS file");
        }

        if (!JpegMarker.HasLength(code))
        {
            return $"has the unexpected marker FF {code:X2} at byte {begin}";
        }

        if (file.Length - at < 2)
        {
            return Cut;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(file[at..]);
        if (length < 2)
        {
            return $"has a segment of {length} bytes at byte {begin}";
        }

        if (file.Length - at < length)
        {
            return Cut;
        }

        var body = file.Slice(at + 2, length - 2);
        at += length;
        if (JpegMarker.IsFrame(code))
        {
            return Frame(code, body, begin);
        }

        switch (code)
        {
            case JpegMarker.RestartInterval:
                interval = body.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(body) : 0;
                return body.Length == 2 ? null : $"has a restart interval of {body.Length} bytes at byte {begin}";
            case JpegMarker.Scan:
                return Scan(body, begin);
            case JpegMarker.Lines when Structure.Height == 0:
                return Unsupported("keeps its height behind its image data, in a DNL segment");
            default:
                return null;
        }
    }

    private string Unsupported(string what)
    {
        Structure = Structure with { IsUnsupported = true };
        return $"{what}, which is not supported";
    }

    private string? Frame(byte code, ReadOnlySpan<byte> body, int begin)
    {
        if (frame != 0)
        {
            return $"has a second frame header at byte {begin}";
        }

        if (code is not (JpegMarker.Baseline or JpegMarker.Extended or JpegMarker.Progressive or JpegMarker.ArithmeticSequential or JpegMarker.ArithmeticProgressive))
        {
            return Unsupported($"is of another kind of JPEG (frame FF {code:X2}) than baseline, extended and progressive");
        }

        if (body.Length < 6 || body.Length != 6 + 3 * body[5] || body[5] == 0)
        {
            return "has a frame header of a wrong length";
        }

        if (body[0] != 8)
        {
            return Unsupported($"has {body[0]} bits a channel, not 8");
        }

        frame = code;
        var (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(body[1..]), BinaryPrimitives.ReadUInt16BigEndian(body[3..]));
        var (most, mostDown) = (1, 1);
        for (var i = 6; i < body.Length; i += 3)
        {
            var (across, down) = (body[i + 1] >> 4, body[i + 1] & 15);
            if (across is < 1 or > 4 || down is < 1 or > 4)
            {
                return $"has a component sampled {across} x {down}";
            }

            (most, mostDown) = (Math.Max(most, across), Math.Max(mostDown, down));
        }

        var coefficients = 0L;
        for (var i = 6; i < body.Length; i += 3)
        {
            var (wide, high) = (8L * most, 8L * mostDown);
            coefficients += (width + wide - 1) / wide * ((height + high - 1) / high) * 64 * (body[i + 1] >> 4) * (body[i + 1] & 15);
        }

        Structure = new(width, height, body[5], false, 8 * mostDown, 8 * most, coefficients, 0, false);
        return null;
    }

    private string? Scan(ReadOnlySpan<byte> body, int begin)
    {
        if (frame == 0)
        {
            return $"has a scan at byte {begin} before any frame header";
        }

        if (body.Length < 4 || body[0] is < 1 or > 4 || body.Length != 4 + 2 * body[0])
        {
            return $"has a scan header of a wrong length at byte {begin}";
        }

        scans++;
        scanned += body[0];
        if (scans > MostScans)
        {
            return $"has more than {MostScans} scans";
        }

        var isSequential = frame is JpegMarker.Baseline or JpegMarker.Extended && body[0] == Structure.Components;
        Structure = Structure with { IsSequential = isSequential, RestartInterval = interval };
        return EntropyCodedData(isSequential, out var restarts) ?? (isSequential ? Restarts(restarts) : null);
    }

    // Up to the next marker that is not a restart marker: FF 00 is a byte FF of data.
    private string? EntropyCodedData(bool isSequential, out int restarts)
    {
        restarts = 0;
        while (true)
        {
            var found = file[at..].IndexOf((byte)0xFF);
            if (found < 0 || at + found + 1 >= file.Length)
            {
                return Cut;
            }

            at += found;
            var code = file[at + 1];
            if (JpegMarker.IsRestart(code))
            {
                if (interval == 0 || code != JpegMarker.FirstRestart + restarts % 8)
                {
                    return $"has the restart marker FF {code:X2} at byte {at} where {(interval == 0 ? "none" : "another")} must be";
                }

                restarts++;
            }
            else if (isSequential && JpegMarker.HasLength(code) && IsStray(code))
            {
                return $"has the marker FF {code:X2} at byte {at} within its image data";
            }
            else if (code is not (0 or 0xFF))
            {
                return null;
            }

            at += code == 0xFF ? 1 : 2;
        }
    }

    // What cannot follow the only scan.
    private static bool IsStray(byte code) => JpegMarker.IsFrame(code) || code is JpegMarker.Scan or JpegMarker.Huffman or JpegMarker.Arithmetic or 0xDB or JpegMarker.RestartInterval;

    // Some write one more, behind the last interval.
    private readonly string? Restarts(int restarts)
    {
        if (interval == 0 || Structure.Width == 0 || Structure.Height == 0)
        {
            return null;
        }

        var blocks = (long)((Structure.Width + Structure.BlockWidth - 1) / Structure.BlockWidth) * ((Structure.Height + Structure.BlockHeight - 1) / Structure.BlockHeight);
        if (Structure.Components == 1)
        {
            blocks = (long)((Structure.Width + 7) / 8) * ((Structure.Height + 7) / 8);
        }

        var wanted = (blocks + interval - 1) / interval - 1;
        return restarts == wanted || restarts == wanted + 1 ? null : $"has {restarts} restart markers, not {wanted}";
    }

    private readonly string? Ended()
    {
        if (scans == 0)
        {
            return "holds no image data";
        }

        var isProgressive = frame is JpegMarker.Progressive or JpegMarker.ArithmeticProgressive;
        return isProgressive || scanned == Structure.Components
            ? null
            : $"has image data for {scanned} components, not {Structure.Components}";
    }
}
