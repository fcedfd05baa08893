using System.Runtime.Intrinsics;

namespace Bnn;

/// <summary>A rectangle of pixels.</summary>
internal readonly record struct PixelBox(int X, int Y, int Width, int Height)
{
    public int Right => X + Width;

    public int Bottom => Y + Height;

    /// <summary>Whether it holds a pixel and lies in an image of this size.</summary>
    public bool IsWithin(int width, int height) =>
        X >= 0 && Y >= 0 && Width > 0 && Height > 0 && X <= width - Width && Y <= height - Height;
}

/// <summary>
/// Scales RGB images by a triangle as wide as the scale, at least 1: Pillow's antialiased BILINEAR, with the same bits. Columns first, rounded to bytes,
/// then rows; a direction in which the size stays is left alone. It keeps its memory, so use one for each thread.
/// </summary>
/// <param name="vectors">False: plain code, which gives the same.</param>
internal sealed unsafe class Resampling(bool vectors = true)
{
    // Bytes that the vector code touches behind the last pixel of a row.
    private const int Slack = 16;

    private readonly bool vectors = vectors && Vector256.IsHardwareAccelerated;
    private readonly ResamplingWeights columns = new();
    private readonly ResamplingWeights rows = new();
    private byte[] between = [];

    /// <summary>Scales a part of an image; the filter does not see what lies around the part.</summary>
    /// <param name="source">Interleaved bytes of red, green and blue.</param>
    /// <param name="stride">Bytes from one row of it to the next.</param>
    /// <param name="crop">The part.</param>
    /// <param name="width">Columns to which the part is scaled.</param>
    /// <param name="height">Rows to which it is scaled.</param>
    /// <param name="window">What of this is computed.</param>
    /// <param name="destination">Gets the window, interleaved, without gaps: 3 bytes a pixel.</param>
    /// <exception cref="ArgumentException">The part does not lie in the source, the window not in the result, or the destination has another length.</exception>
    public void Resize(
        ReadOnlySpan<byte> source, int stride, PixelBox crop, int width, int height, PixelBox window, Span<byte> destination)
    {
        Check(source, stride, crop, width, height, window, destination);
        rows.Prepare(crop.Height, height, window.Y, window.Height);
        fixed (byte* first = source, to = destination)
        {
            // Only the rows that the window's rows are made of.
            var (top, count) = (rows.First, rows.End - rows.First);
            var from = first + (long)(crop.Y + top) * stride + 3L * crop.X;
            if (width == crop.Width)
            {
                Rows(from + 3 * window.X, stride, top, 3 * window.Width, window.Height, to);
                return;
            }

            columns.Prepare(crop.Width, width, window.X, window.Width);
            var pitch = 3 * window.Width + Slack;
            if (between.Length < (long)pitch * count)
            {
                between = new byte[checked(pitch * count)];
            }

            fixed (byte* middle = between)
            {
                Columns(from, stride, first + source.Length, count, middle, pitch);
                Rows(middle, pitch, top, 3 * window.Width, window.Height, to);
            }
        }
    }

    private void Columns(byte* from, int stride, byte* end, int count, byte* to, int pitch)
    {
        // The vector code reads 16 bytes for up to 5 pixels: at the very end of the source there may be less.
        var reach = 3L * (columns.LastStart + (columns.Taps - 1) / 4 * 4) + Slack;
        var row = 0;
        while (vectors && row < count && from + (long)row * stride + reach <= end)
        {
            // Two rows at a time; a last one without a second is its own second.
            var next = row + 1 < count && from + (row + 1L) * stride + reach <= end ? row + 1 : row;
            ResamplingKernels.TwoRows(columns, from + (long)row * stride, from + (long)next * stride, to + (long)row * pitch, to + (long)next * pitch);
            row = next + 1;
        }

        for (; row < count; row++)
        {
            ResamplingKernels.OneRow(columns, from + (long)row * stride, to + (long)row * pitch);
        }
    }

    private void Rows(byte* from, int pitch, int top, int length, int count, byte* to)
    {
        for (var row = 0; row < count; row++)
        {
            var first = from + (rows.Starts[row] - top) * (long)pitch;
            var target = to + (long)row * length;
            if (rows.IsIdentity)
            {
                Buffer.MemoryCopy(first, target, length, length);
            }
            else if (vectors && length >= Slack)
            {
                ResamplingKernels.MixVectors(rows, row, first, pitch, length, target);
            }
            else
            {
                ResamplingKernels.Mix(rows, row, first, pitch, 0, length, target);
            }
        }
    }

    private static void Check(
        ReadOnlySpan<byte> source, int stride, PixelBox crop, int width, int height, PixelBox window, ReadOnlySpan<byte> destination)
    {
        var lies = stride > 0 && crop.IsWithin(stride / 3, int.MaxValue)
            && (crop.Bottom - 1L) * stride + 3L * crop.Right <= source.Length;
        if (!lies)
        {
            throw new ArgumentException($"{crop} does not lie in {source.Length} bytes with {stride} a row", nameof(crop));
        }

        if (!window.IsWithin(width, height))
        {
            throw new ArgumentException($"{window} does not lie in {width} x {height} pixels", nameof(window));
        }

        if (destination.Length != 3L * window.Width * window.Height)
        {
            throw new ArgumentException($"{window} has {3L * window.Width * window.Height} bytes, not {destination.Length}", nameof(destination));
        }
    }
}

/// <summary>Which numbers of a row or column each number of the scaled one is made of, and how much of each: Pillow's precompute_coeffs and
/// normalize_coeffs_8bpc, for a window of the result.</summary>
internal sealed class ResamplingWeights
{
    /// <summary>Weights are whole numbers in units of 2^-22.</summary>
    public const int Bits = 22;

    private double[] exact = [];

    /// <summary>The first number of which each is made. So many follow that all have the same number, <see cref="Taps"/>.</summary>
    public int[] Starts { get; private set; } = [];

    /// <summary><see cref="Taps"/> weights for each; some at either end may be 0.</summary>
    public int[] Weights { get; private set; } = [];

    public int Count { get; private set; }

    public int Taps { get; private set; }

    /// <summary>Nothing is scaled: each is the number at its start.</summary>
    public bool IsIdentity { get; private set; }

    /// <summary>The first number that is read.</summary>
    public int First { get; private set; }

    /// <summary>The largest of <see cref="Starts"/>.</summary>
    public int LastStart { get; private set; }

    /// <summary>The one after the last that is read.</summary>
    public int End => LastStart + Taps;

    /// <summary>For numbers <paramref name="first"/> and so on of <paramref name="result"/> into which <paramref name="size"/> are scaled.</summary>
    public void Prepare(int size, int result, int first, int count)
    {
        (Count, IsIdentity) = (count, size == result);
        var scale = (double)size / result;
        var support = Math.Max(scale, 1);
        Taps = IsIdentity ? 1 : MostTaps(size, scale, support, first, count);
        if (Starts.Length < count)
        {
            Starts = new int[count];
        }

        if (Weights.Length < (long)count * Taps)
        {
            Weights = new int[checked(count * Taps)];
        }

        Array.Clear(Weights, 0, count * Taps);
        for (var i = 0; i < count; i++)
        {
            if (IsIdentity)
            {
                (Starts[i], Weights[i]) = (first + i, 1 << Bits);
                continue;
            }

            var (start, end) = Bounds(size, scale, support, first + i);

            // Those at the far end begin early, so that all may read as many.
            Starts[i] = Math.Min(start, size - Taps);
            Fill(Weights.AsSpan(i * Taps + start - Starts[i], end - start), start, (first + i + 0.5) * scale, support);
        }

        (First, LastStart) = (Starts[0], Starts[count - 1]);
    }

    private static int MostTaps(int size, double scale, double support, int first, int count)
    {
        var most = 0;
        for (var i = first; i < first + count; i++)
        {
            var (start, end) = Bounds(size, scale, support, i);
            most = Math.Max(most, end - start);
        }

        return most;
    }

    private static (int Start, int End) Bounds(int size, double scale, double support, int i)
    {
        var centre = (i + 0.5) * scale;
        return (Math.Max(0, (int)(centre - support + 0.5)), Math.Min(size, (int)(centre + support + 0.5)));
    }

    // In float64 and in this order, as the last bit of a weight may depend on it.
    private void Fill(Span<int> weights, int start, double centre, double support)
    {
        if (exact.Length < weights.Length)
        {
            exact = new double[weights.Length];
        }

        var sum = 0.0;
        var inverse = 1.0 / support;
        for (var k = 0; k < weights.Length; k++)
        {
            var distance = Math.Abs((k + start - centre + 0.5) * inverse);
            exact[k] = distance < 1 ? 1 - distance : 0;
            sum += exact[k];
        }

        for (var k = 0; k < weights.Length; k++)
        {
            weights[k] = (int)(0.5 + (sum != 0 ? exact[k] / sum : exact[k]) * (1 << Bits));
        }
    }
}
