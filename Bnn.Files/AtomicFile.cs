using System.Runtime.InteropServices;
using System.Security;
using System.Text.RegularExpressions;

namespace Bnn;

/// <summary>Files that are there whole or not at all.</summary>
internal static partial class AtomicFile
{
    /// <summary>
    /// Writes to a temporary file in the same folder, flushes it to the disk, renames it over <paramref name="path"/> and flushes the folder.
    /// On a failure the temporary file is removed and what <paramref name="path"/> held before is still there.
    /// </summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary;
        try
        {
            // a rename is atomic only within one file system, hence the same folder
            temporary = $"{Path.GetFullPath(path)}.{Guid.NewGuid():N}.tmp";
        }
        catch (Exception e) when (IsFileFault(e))
        {
            throw Fault(path, e);
        }

        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            FlushFolder(Path.GetDirectoryName(temporary)!);
        }
        // an ArgumentException here is a defect of the writer, to be seen as it is
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) and not BnnFileException)
        {
            throw Fault(path, e);
        }
        finally
        {
            Remove(temporary);
        }
    }

    /// <summary>Removes the temporary files of processes that were killed while they wrote in this folder. No other may be writing there.</summary>
    public static void RemoveRemains(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "*.tmp").Where(file => Temporary().IsMatch(file)))
        {
            Remove(file);
        }
    }

    [GeneratedRegex(@"\.[0-9a-f]{32}\.tmp$")]
    private static partial Regex Temporary();

    /// <summary>Whether the exception comes from the file system or from a path it does not accept, not from a defect of the caller. One that
    /// is said already, with the file's name and a remedy, goes through.</summary>
    public static bool IsFileFault(Exception e) =>
        e is (IOException and not BnnFileException) or UnauthorizedAccessException or SecurityException or ArgumentException or NotSupportedException;

    // Without it a power cut can undo the renaming. .NET opens no folders.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsLinux() && Open(folder, 0) is var opened and >= 0)
        {
            _ = Flush(opened);
            _ = Close(opened);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Flush(int opened);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int opened);

    private static BnnFileException Fault(string path, Exception e) => new(
        path,
        $"cannot be written ({e.Message})",
        "give a path in an existing folder that you may write to, on a disk with free space",
        e);

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (IsFileFault(e))
        {
            // the fault that brought us here says more than that its remains cannot be removed
        }
    }
}
