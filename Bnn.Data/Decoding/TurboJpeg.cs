using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>
/// The system's libturbojpeg (package libturbojpeg0 in Debian and Ubuntu), where there is one: it decodes with SIMD, which SkiaSharp's copy of the same
/// code is built without, and gives the same pixels. Of its interface only what versions 2 and 3 share is used.
/// </summary>
internal static unsafe partial class TurboJpeg
{
    private const string Name = "libturbojpeg.so.0";
    private const int Rgb = 0;
    private const int AccurateDct = 4096;
    private const int StopOnWarning = 8192;

    private static readonly Lazy<bool> Found = new(Find);

    /// <summary>Whether the library is there.</summary>
    public static bool IsThere => Found.Value;

    /// <summary>Decodes a whole image, or with scaled sizes a smaller one of it. False: it has a complaint, and the pixels do not count.</summary>
    /// <param name="file">The file.</param>
    /// <param name="width">The image's columns, or ceil(columns / 2, 4 or 8).</param>
    /// <param name="height">Its rows, likewise.</param>
    /// <param name="pixels">Gets 3 bytes a pixel, rows without gaps.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for a decoder.</exception>
    public static bool Decode(ReadOnlySpan<byte> file, int width, int height, Span<byte> pixels)
    {
        OutOfRange.ThrowIfLess(pixels.Length, 3L * width * height, nameof(pixels));

        // One for each file, which takes half a microsecond: a decoder keeps the tables of the file before, and takes them where a file lacks its own.
        var handle = InitDecompress();
        if (handle == 0)
        {
            throw new OutOfMemoryException($"{Name} gives no decoder");
        }

        try
        {
            fixed (byte* from = file, to = pixels)
            {
                return Decompress(handle, from, new((nuint)file.Length), to, width, 3 * width, height, Rgb, AccurateDct | StopOnWarning) == 0;
            }
        }
        finally
        {
            _ = End(handle);
        }
    }

    private static bool Find() =>
        NativeLibrary.TryLoad(Name, out var library)
        && new[] { "tjInitDecompress", "tjDecompress2", "tjDestroy" }.All(name => NativeLibrary.TryGetExport(library, name, out _));

    [LibraryImport(Name, EntryPoint = "tjInitDecompress")]
    private static partial nint InitDecompress();

    [LibraryImport(Name, EntryPoint = "tjDestroy")]
    private static partial int End(nint handle);

    [LibraryImport(Name, EntryPoint = "tjDecompress2")]
    private static partial int Decompress(
        nint handle, byte* file, CULong length, byte* pixels, int width, int pitch, int height, int format, int flags);
}
