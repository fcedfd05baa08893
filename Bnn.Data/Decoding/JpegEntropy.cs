using System.Buffers.Binary;

namespace Bnn;

/// <summary>
/// Whether a sequential JPEG file holds data for all of its blocks: reads every Huffman code, and computes no pixel. Decoders make blocks without data grey
/// and say nothing. It takes about as long as decoding, so it is asked only where there is a reason to.
/// </summary>
internal ref struct JpegEntropy
{
    private readonly ReadOnlySpan<byte> file;
    private readonly JpegStructure structure;

    // Where a file has no tables of its own, as frames of motion JPEG, decoders take the standard's.
    private readonly JpegCodes?[] dc = [JpegCodes.BrightnessDc, JpegCodes.ColourDc, null, null];
    private readonly JpegCodes?[] ac = [JpegCodes.BrightnessAc, JpegCodes.ColourAc, null, null];
    private readonly List<(byte Id, int Blocks)> components = [];
    private readonly List<(int Blocks, JpegCodes Dc, JpegCodes Ac)> order = [];
    private int at = 2;
    private uint bits;
    private int count;
    private bool ended;

    private JpegEntropy(ReadOnlySpan<byte> file, in JpegStructure structure)
    {
        this.file = file;
        this.structure = structure;
    }

    /// <summary>Reads the codes of a file whose markers are right.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Read(ReadOnlySpan<byte> file, in JpegStructure structure)
    {
        var entropy = new JpegEntropy(file, structure);
        return entropy.Tables() ? entropy.Blocks() : "lacks a Huffman table";
    }

    private bool Tables()
    {
        while (true)
        {
            if (!JpegMarker.Next(file, ref at, out var code))
            {
                return false;
            }

            if (JpegMarker.IsRestart(code))
            {
                continue;
            }

            var body = file.Slice(at + 2, BinaryPrimitives.ReadUInt16BigEndian(file[at..]) - 2);
            at += body.Length + 2;
            if (code == JpegMarker.Huffman)
            {
                while (body.Length > 16)
                {
                    var codes = JpegCodes.Read(body[1..], out var length);
                    ((body[0] & 0x10) == 0 ? dc : ac)[body[0] & 3] = codes;
                    body = body[Math.Min(body.Length, length + 1)..];
                }
            }
            else if (JpegMarker.IsFrame(code))
            {
                for (var i = 6; i < body.Length; i += 3)
                {
                    components.Add((body[i], structure.Components == 1 ? 1 : (body[i + 1] >> 4) * (body[i + 1] & 15)));
                }
            }
            else if (code == JpegMarker.Scan)
            {
                return Order(body);
            }
        }
    }

    private readonly bool Order(ReadOnlySpan<byte> scan)
    {
        for (var i = 1; i <= 2 * scan[0]; i += 2)
        {
            var id = scan[i];
            var (blocks, first, rest) = (components.Find(component => component.Id == id).Blocks, dc[(scan[i + 1] >> 4) & 3], ac[scan[i + 1] & 3]);
            if (first is null || rest is null)
            {
                return false;
            }

            order.Add((blocks, first, rest));
        }

        return true;
    }

    private string? Blocks()
    {
        var (wide, high) = structure.Components == 1 ? (8, 8) : (structure.BlockWidth, structure.BlockHeight);
        var groups = (long)((structure.Width + wide - 1) / wide) * ((structure.Height + high - 1) / high);
        for (var group = 0L; group < groups; group++)
        {
            if (structure.RestartInterval > 0 && group > 0 && group % structure.RestartInterval == 0 && !Restart())
            {
                return $"has image data for {group} of {groups} blocks";
            }

            foreach (var (blocks, first, rest) in order)
            {
                for (var block = 0; block < blocks; block++)
                {
                    if (!Block(first, rest))
                    {
                        return $"has image data for {group} of {groups} blocks";
                    }
                }
            }
        }

        return null;
    }

    private bool Block(JpegCodes first, JpegCodes rest)
    {
        var size = Next(first);
        if (size < 0 || !Skip(size & 15))
        {
            return false;
        }

        for (var k = 1; k < 64; k++)
        {
            var code = Next(rest);
            if (code < 0)
            {
                return false;
            }

            if ((code & 15) == 0 && code != 0xF0)
            {
                return true;
            }

            k += code >> 4;
            if (!Skip(code & 15))
            {
                return false;
            }
        }

        return true;
    }

    private int Next(JpegCodes codes)
    {
        Fill();

        // Behind the end there are zeros, as decoders have it; a code that takes of them has no data.
        var (value, length) = codes.Find(count >= 16 ? (bits >> (count - 16)) & 0xFFFF : (bits << (16 - count)) & 0xFFFF);
        count -= length;
        return count < 0 ? -1 : value;
    }

    private bool Skip(int length)
    {
        Fill();
        count -= length;
        return count >= 0;
    }

    private void Fill()
    {
        while (count <= 16 && !ended)
        {
            if (file[at] == 0xFF)
            {
                // Fill bytes may precede the marker that ends the data.
                ended = file[at + 1] != 0;
                if (ended)
                {
                    return;
                }

                at++;
                bits = (bits << 8) | 0xFF;
            }
            else
            {
                bits = (bits << 8) | file[at];
            }

            at++;
            count += 8;
        }
    }

    private bool Restart()
    {
        // What is left of the interval's data is skipped.
        while (file[at] != 0xFF || file[at + 1] is 0 or 0xFF)
        {
            at++;
        }

        (bits, count, ended) = (0, 0, false);
        at += 2;
        return JpegMarker.IsRestart(file[at - 1]);
    }
}
