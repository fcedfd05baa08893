using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Bnn;

/// <summary>
/// Names that are not UTF-8, as old archives leave them. Linux takes any bytes as a name; .NET replaces what is not UTF-8, so that the file cannot be
/// opened any more, and only the system says which bytes they were.
/// </summary>
internal static unsafe partial class RawNames
{
    /// <summary>What .NET puts in place of bytes that are not UTF-8.</summary>
    public const char Replacement = '\uFFFD';

    // Where Linux's dirent has the name, on 64-bit systems: behind inode, offset, length and type.
    private const int NameAt = 19;

    /// <summary>Bytes as text: UTF-8, and each byte that is not as <c>\xE9</c>.</summary>
    public static string Text(ReadOnlySpan<byte> name)
    {
        if (Utf8.IsValid(name))
        {
            return Encoding.UTF8.GetString(name);
        }

        var text = new StringBuilder();
        while (!name.IsEmpty)
        {
            var isWhole = Rune.DecodeFromUtf8(name, out var letter, out var used) == System.Buffers.OperationStatus.Done;
            for (var k = 0; !isWhole && k < used; k++)
            {
                text.Append(FormattableString.Invariant($"\\x{name[k]:X2}"));
            }

            text.Append(isWhole ? letter.ToString() : "");
            name = name[used..];
        }

        return text.ToString();
    }

    /// <summary>The names in a folder that are not UTF-8, escaped; none where the system does not say.</summary>
    public static IReadOnlyList<string> In(string folder)
    {
        var found = new List<string>();
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess || Open(folder) is not (not 0 and var opened))
        {
            return found;
        }

        while (Next(opened) is not 0 and var entry)
        {
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameAt);
            if (!Utf8.IsValid(name))
            {
                found.Add(Text(name));
            }
        }

        _ = Close(opened);
        found.Sort(SourceNames.Order);
        return found;
    }

    [LibraryImport("libc", EntryPoint = "opendir", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string folder);

    [LibraryImport("libc", EntryPoint = "readdir")]
    private static partial nint Next(nint folder);

    [LibraryImport("libc", EntryPoint = "closedir")]
    private static partial int Close(nint folder);
}
