using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>
/// The system's libturbojpeg (package libturbojpeg0 in Debian and Ubuntu), where there is one: it decodes with SIMD, which SkiaSharp's copy of the same
/// code is built without, and gives the same pixels. Of its interface only what versions 2 and 3 share is used.
/// </summary>
internal sealed unsafe partial class TurboJpeg : IDisposable
{
    private const string Name = "libturbojpeg.so.0";
    private const int Rgb = 0;
    private const int AccurateDct = 4096;
    private const int StopOnWarning = 8192;

    private static readonly Lazy<bool> Found = new(Find);

    private nint handle = Begin();

    /// <summary>Whether the library is there.</summary>
    public static bool IsThere => Found.Value;

    /// <summary>Decodes a whole image, or with scaled sizes a smaller one of it. False: it has a complaint, and the pixels do not count.</summary>
    /// <param name="file">The file.</param>
    /// <param name="width">The image's columns, or ceil(columns / 2, 4 or 8).</param>
    /// <param name="height">Its rows, likewise.</param>
    /// <param name="pixels">Gets 3 bytes a pixel, rows without gaps.</param>
    public bool Decode(ReadOnlySpan<byte> file, int width, int height, Span<byte> pixels)
    {
        ObjectDisposedException.ThrowIf(handle == 0, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels.Length, 3L * width * height, nameof(pixels));
        fixed (byte* from = file, to = pixels)
        {
            var result = Decompress(handle, from, new((nuint)file.Length), to, width, 3 * width, height, Rgb, AccurateDct | StopOnWarning);
            // else the finalizer could give the handle back during the call
            GC.KeepAlive(this);
            return result == 0;
        }
    }

    /// <summary>What its last complaint was.</summary>
    public string Complaint
    {
        get
        {
            var complaint = Marshal.PtrToStringUTF8(ErrorText(handle)) ?? "";
            GC.KeepAlive(this);
            return complaint;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    ~TurboJpeg() => Free();

    private void Free()
    {
        if (Interlocked.Exchange(ref handle, 0) is var open and not 0)
        {
            _ = End(open);
        }
    }

    private static nint Begin() =>
        InitDecompress() is var made and not 0 ? made : throw new OutOfMemoryException($"{Name} gives no decoder");

    private static bool Find() =>
        NativeLibrary.TryLoad(Name, out var library)
        && new[] { "tjInitDecompress", "tjDecompress2", "tjDestroy", "tjGetErrorStr2" }.All(name => NativeLibrary.TryGetExport(library, name, out _));

    [LibraryImport(Name, EntryPoint = "tjInitDecompress")]
    private static partial nint InitDecompress();

    [LibraryImport(Name, EntryPoint = "tjDestroy")]
    private static partial int End(nint handle);

    [LibraryImport(Name, EntryPoint = "tjGetErrorStr2")]
    private static partial nint ErrorText(nint handle);

    [LibraryImport(Name, EntryPoint = "tjDecompress2")]
    private static partial int Decompress(
        nint handle, byte* file, CULong length, byte* pixels, int width, int pitch, int height, int format, int flags);
}
