namespace Bnn;

internal static class ImageSize
{
    // UInt128: the product of four ints does not fit into 64 bits.
    public static UInt128 Bytes(int count, int channels, int height, int width) =>
        (UInt128)count * (UInt128)channels * (UInt128)height * (UInt128)width;

    public static string Text(int channels, int height, int width) =>
        channels == 1 ? $"{height} x {width}" : $"{channels} x {height} x {width}";

    public static void Check(int channels, int height, int width)
    {
        OutOfRange.ThrowIfLess(channels, 1);
        OutOfRange.ThrowIfLess(height, 1);
        OutOfRange.ThrowIfLess(width, 1);
    }
}
