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
    private readonly JpegCodes?[] dc = new JpegCodes?[4];
    private readonly JpegCodes?[] ac = new JpegCodes?[4];
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
    /// <returns>What is wrong; null: nothing, or it lacks tables, which decoders may know.</returns>
    public static string? Read(ReadOnlySpan<byte> file, in JpegStructure structure)
    {
        var entropy = new JpegEntropy(file, structure);
        return entropy.Tables() ? entropy.Blocks() : null;
    }

    private bool Tables()
    {
        while (true)
        {
            while (file[at] is 0xFF or 0)
            {
                at++;
            }

            var code = file[at++];
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
        return file[at - 1] is >= JpegMarker.FirstRestart and <= JpegMarker.LastRestart;
    }
}

/// <summary>A Huffman table (ITU-T T.81, annexes C and F.2.2.3).</summary>
internal sealed class JpegCodes
{
    private readonly int[] end = new int[17];
    private readonly int[] offset = new int[17];

    // By the first 8 bits: length and value of codes up to that long; 0: longer.
    private readonly ushort[] quick = new ushort[256];
    private byte[] values = [];

    /// <summary>The 16 numbers of codes by length, and their values.</summary>
    public static JpegCodes Read(ReadOnlySpan<byte> body, out int length)
    {
        var codes = new JpegCodes();
        var (code, used) = (0, 0);
        for (var bits = 1; bits <= 16; bits++)
        {
            codes.offset[bits] = used - code;
            code += body[bits - 1];
            used += body[bits - 1];

            // All codes of this length, and all that begin with shorter ones, are below it.
            codes.end[bits] = code << (16 - bits);
            code <<= 1;
        }

        length = 16 + used;
        codes.values = body[16..Math.Min(body.Length, length)].ToArray();
        for (var first = 0u; first < 256; first++)
        {
            var (value, bits) = codes.Search(first << 8);
            codes.quick[first] = (ushort)(bits <= 8 && value >= 0 ? bits << 8 | value : 0);
        }

        return codes;
    }

    /// <summary>The value whose code these 16 bits begin with, and the code's length; -1: no code.</summary>
    public (int Value, int Length) Find(uint next) =>
        quick[next >> 8] is var found and not 0 ? (found & 255, found >> 8) : Search(next);

    private (int Value, int Length) Search(uint next)
    {
        for (var bits = 1; bits <= 16; bits++)
        {
            if (next < end[bits])
            {
                var place = offset[bits] + (int)(next >> (16 - bits));
                return (place >= 0 && place < values.Length ? values[place] : -1, bits);
            }
        }

        return (-1, 16);
    }
}
