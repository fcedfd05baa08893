using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bnn;

/// <summary>The loops of <see cref="Resampling"/>. All sums are exact whole numbers of 32 bits, so vectors and plain code give the same.</summary>
internal static unsafe class ResamplingKernels
{
    private const int Bits = ResamplingWeights.Bits;
    private const int Half = 1 << (Bits - 1);

    /// <summary>Scales one row, without vectors.</summary>
    public static void OneRow(ResamplingWeights columns, byte* from, byte* to)
    {
        for (var x = 0; x < columns.Count; x++)
        {
            var weights = columns.Weights.AsSpan(x * columns.Taps, columns.Taps);
            var pixel = from + 3 * columns.Starts[x];
            var (red, green, blue) = (Half, Half, Half);
            foreach (var weight in weights)
            {
                red += weight * pixel[0];
                green += weight * pixel[1];
                blue += weight * pixel[2];
                pixel += 3;
            }

            to[3 * x] = Byte(red);
            to[3 * x + 1] = Byte(green);
            to[3 * x + 2] = Byte(blue);
        }
    }

    /// <summary>Scales two rows, one in each half of the vectors. Reads up to 16 bytes from where the last pixels begin, writes one byte too many.</summary>
    public static void TwoRows(ResamplingWeights columns, byte* from, byte* fromNext, byte* to, byte* toNext)
    {
        var taps = columns.Taps;
        fixed (int* starts = columns.Starts, weights = columns.Weights)
        {
            var weight = weights;
            for (var x = 0; x < columns.Count; x++, weight += taps)
            {
                var offset = 3L * starts[x];
                var sum = Vector256.Create(Half);
                var tap = 0;
                for (; tap + 4 <= taps; tap += 4, offset += 12)
                {
                    var pixels = Load(from + offset, fromNext + offset);
                    sum += Pixel0(pixels) * Vector256.Create(weight[tap]);
                    sum += Pixel1(pixels) * Vector256.Create(weight[tap + 1]);
                    sum += Pixel2(pixels) * Vector256.Create(weight[tap + 2]);
                    sum += Pixel3(pixels) * Vector256.Create(weight[tap + 3]);
                }

                if (tap < taps)
                {
                    sum = Rest(sum, Load(from + offset, fromNext + offset), weight + tap, taps - tap);
                }

                var bytes = Bytes(sum);
                *(uint*)(to + 3 * x) = bytes.AsUInt32()[0];
                *(uint*)(toNext + 3 * x) = bytes.AsUInt32()[4];
            }
        }
    }

    /// <summary>One row as a mixture of rows, from byte <paramref name="start"/> on.</summary>
    public static void Mix(ResamplingWeights rows, int row, byte* from, long pitch, int start, int length, byte* to)
    {
        var weights = rows.Weights.AsSpan(row * rows.Taps, rows.Taps);
        for (var x = start; x < length; x++)
        {
            var sum = Half;
            var number = from + x;
            foreach (var weight in weights)
            {
                sum += weight * *number;
                number += pitch;
            }

            to[x] = Byte(sum);
        }
    }

    /// <summary>The same by vectors, for at least 16 bytes.</summary>
    public static void MixVectors(ResamplingWeights rows, int row, byte* from, long pitch, int length, byte* to)
    {
        var taps = rows.Taps;
        fixed (int* weights = &rows.Weights[row * taps])
        {
            for (var x = 0; x < length; x += 16)
            {
                // The last vector begins early and computes some numbers again.
                x = Math.Min(x, length - 16);
                var (low, high) = (Vector256.Create(Half), Vector256.Create(Half));
                var number = from + x;
                for (var tap = 0; tap < taps; tap++, number += pitch)
                {
                    var weight = Vector256.Create(weights[tap]);
                    var wide = Vector256.WidenLower(Vector128.Load(number).ToVector256Unsafe());
                    low += Vector256.WidenLower(wide).AsInt32() * weight;
                    high += Vector256.WidenUpper(wide).AsInt32() * weight;
                }

                var most = Vector256.Create(255);
                low = Vector256.Min(Vector256.ShiftRightLogical(low, Bits), most);
                high = Vector256.Min(Vector256.ShiftRightLogical(high, Bits), most);
                var words = Vector256.Narrow(low, high).AsUInt16();
                Vector128.Narrow(words.GetLower(), words.GetUpper()).Store(to + x);
            }
        }
    }

    // Weights are not negative, and their sum is 1 but for their rounding.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Byte(int sum) => (byte)Math.Min(sum >> Bits, 255);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Load(byte* row, byte* next) => Vector256.Create(Vector128.Load(row), Vector128.Load(next));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Rest(Vector256<int> sum, Vector256<byte> pixels, int* weight, int count)
    {
        sum += Pixel0(pixels) * Vector256.Create(weight[0]);
        if (count > 1)
        {
            sum += Pixel1(pixels) * Vector256.Create(weight[1]);
        }

        return count > 2 ? sum + Pixel2(pixels) * Vector256.Create(weight[2]) : sum;
    }

    // Three bytes of each half as 32-bit numbers; 16 and more gives 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pixel0(Vector256<byte> pixels) => Vector256.Shuffle(pixels, Vector256.Create(
        (byte)0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 255, 255, 255, 255,
        16, 255, 255, 255, 17, 255, 255, 255, 18, 255, 255, 255, 255, 255, 255, 255)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pixel1(Vector256<byte> pixels) => Vector256.Shuffle(pixels, Vector256.Create(
        (byte)3, 255, 255, 255, 4, 255, 255, 255, 5, 255, 255, 255, 255, 255, 255, 255,
        19, 255, 255, 255, 20, 255, 255, 255, 21, 255, 255, 255, 255, 255, 255, 255)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pixel2(Vector256<byte> pixels) => Vector256.Shuffle(pixels, Vector256.Create(
        (byte)6, 255, 255, 255, 7, 255, 255, 255, 8, 255, 255, 255, 255, 255, 255, 255,
        22, 255, 255, 255, 23, 255, 255, 255, 24, 255, 255, 255, 255, 255, 255, 255)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pixel3(Vector256<byte> pixels) => Vector256.Shuffle(pixels, Vector256.Create(
        (byte)9, 255, 255, 255, 10, 255, 255, 255, 11, 255, 255, 255, 255, 255, 255, 255,
        25, 255, 255, 255, 26, 255, 255, 255, 27, 255, 255, 255, 255, 255, 255, 255)).AsInt32();

    // One byte for each pixel and channel, in the first four bytes of each half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Bytes(Vector256<int> sum) => Vector256.Shuffle(
        Vector256.Min(Vector256.ShiftRightLogical(sum, Bits), Vector256.Create(255)).AsByte(),
        Vector256.Create(
            (byte)0, 4, 8, 12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
            16, 20, 24, 28, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255));
}
