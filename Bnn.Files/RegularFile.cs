using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Bnn;

/// <summary>
/// Opens the files that the library reads, and those that it adds to. A named pipe, socket or device is refused before it is opened: opening
/// a pipe waits for whoever is at its other end, reading a device may never end, and neither can be read twice. A folder is left to .NET,
/// which refuses it.
/// </summary>
internal static partial class RegularFile
{
    private const int StatxMode = 28;
    private const int StatxSize = 256;
    private const int StatxType = 1;
    private const int CurrentFolder = -100;
    private const int TypeBits = 0xF000;

    /// <summary>Opens a file to be read from its begin.</summary>
    /// <exception cref="BnnFileException">It is a pipe, socket or device. All else that goes wrong is .NET's exception.</exception>
    public static FileStream Open(string path, int bufferSize = 4096)
    {
        Check(path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize);
    }

    /// <summary>Opens a file to be read at any place by any thread, while others may write or delete it.</summary>
    /// <exception cref="BnnFileException">It is a pipe, socket or device. All else that goes wrong is .NET's exception.</exception>
    public static SafeFileHandle OpenShared(string path)
    {
        Check(path);
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Opens a file to be added to, or makes it.</summary>
    /// <exception cref="BnnFileException">It is a pipe, socket or device. All else that goes wrong is .NET's exception.</exception>
    public static FileStream Append(string path)
    {
        Check(path);
        return new FileStream(path, FileMode.Append, FileAccess.Write);
    }

    /// <summary>A file's bytes.</summary>
    /// <exception cref="BnnFileException">It is a pipe, socket or device. All else that goes wrong is .NET's exception.</exception>
    public static byte[] Bytes(string path)
    {
        Check(path);
        return File.ReadAllBytes(path);
    }

    /// <summary>A file's text.</summary>
    /// <exception cref="BnnFileException">It is a pipe, socket or device. All else that goes wrong is .NET's exception.</exception>
    public static string Text(string path)
    {
        Check(path);
        return File.ReadAllText(path);
    }

    /// <summary>A text file's lines, read one by one.</summary>
    /// <exception cref="BnnFileException">It is a pipe, socket or device. All else that goes wrong is .NET's exception.</exception>
    public static IEnumerable<string> Lines(string path)
    {
        Check(path);
        return File.ReadLines(path);
    }

    /// <summary>Refuses what is there and is neither a file nor a folder; a link is what it leads to.</summary>
    /// <exception cref="BnnFileException">It is a pipe, socket or device.</exception>
    public static void Check(string path)
    {
        var kind = TypeOf(path) switch
        {
            0x1000 => "a pipe",
            0xC000 => "a socket",
            0x2000 or 0x6000 => "a device",
            _ => null,
        };
        if (kind is not null)
        {
            throw new BnnFileException(path, $"is {kind}, not a file", "copy what it gives to a file, and give that");
        }
    }

    // 0 where nothing is there, or nothing is known of it: opening it then says what is wrong. .NET tells pipes from files nowhere.
    private static int TypeOf(string path)
    {
        if (!OperatingSystem.IsLinux() || path.Contains('\0'))
        {
            return 0;
        }

        Span<byte> found = stackalloc byte[StatxSize];
        try
        {
            return Statx(CurrentFolder, path, 0, StatxType, ref MemoryMarshal.GetReference(found)) == 0
                ? BitConverter.ToUInt16(found[StatxMode..]) & TypeBits
                : 0;
        }
        catch (EntryPointNotFoundException)
        {
            // a C library before glibc 2.28
            return 0;
        }
    }

    // statx in place of stat: its structure is the same on every processor
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte found);
}
