using Microsoft.Win32.SafeHandles;

namespace Bnn;

/// <summary>Opens and reads files of images; whatever goes wrong ends in one exception that names the file.</summary>
internal static class SourceFile
{
    /// <summary>Opens a file to be read at any place by any thread.</summary>
    /// <exception cref="BnnFileException">It is missing, a folder, or may not be read.</exception>
    public static SafeFileHandle Open(string path, string remedy)
    {
        try
        {
            return RegularFile.OpenShared(path);
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw Fault(path, error, remedy);
        }
    }

    /// <summary>The file's length in bytes.</summary>
    /// <exception cref="BnnFileException">It has none, as a pipe.</exception>
    public static long Length(SafeFileHandle handle, string path)
    {
        try
        {
            return RandomAccess.GetLength(handle);
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw Fault(path, error, "give a plain file");
        }
    }

    /// <summary>A file's length, and when it was written: of a link those of the file that it leads to.</summary>
    /// <exception cref="BnnFileException">It is missing or may not be looked at.</exception>
    public static FileStamp Stamp(string path, string remedy)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            }

            return new(file.Length, file.LastWriteTimeUtc.Ticks);
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw Fault(path, error, remedy);
        }
    }

    /// <summary>Reads as many bytes as there are, at most the target's.</summary>
    /// <exception cref="BnnFileException">The file cannot be read there.</exception>
    public static int Read(SafeFileHandle handle, long offset, Span<byte> target, string path)
    {
        try
        {
            var read = 0;
            while (read < target.Length && RandomAccess.Read(handle, target[read..], offset + read) is > 0 and var more)
            {
                read += more;
            }

            return read;
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw new BnnFileException(
                path, $"cannot be read at byte {offset} ({error.Message})", "see whether other programs can read it", error);
        }
    }

    /// <summary>The first bytes of the buffer, which is replaced by a longer one where it is too short.</summary>
    /// <exception cref="BnnFileException">There is no memory for it.</exception>
    public static Span<byte> Take(ref byte[] buffer, long length, string path)
    {
        if (length > Array.MaxLength)
        {
            throw new BnnFileException(
                path, $"has {length} bytes; an image has at most {Array.MaxLength}", "see whether it is an image");
        }

        if (buffer is null || buffer.Length < length)
        {
            // Doubled, so that a run over many images replaces it a few times only.
            var wanted = Math.Max(length, Math.Min(2L * (buffer?.Length ?? 0), Array.MaxLength));
            try
            {
                buffer = GC.AllocateUninitializedArray<byte>((int)wanted);
            }
            catch (OutOfMemoryException error)
            {
                throw new BnnFileException(path, $"its {length} bytes do not fit into memory", "see whether it is an image", error);
            }
        }

        return buffer.AsSpan(0, (int)length);
    }

    private static BnnFileException Fault(string path, Exception error, string remedy) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => new(path, "there is no such file", remedy, error),
        UnauthorizedAccessException when Directory.Exists(path) => new(path, "is a folder", remedy, error),
        UnauthorizedAccessException => new(path, "you may not read it", remedy, error),
        _ => new(path, $"cannot be opened ({error.Message})", remedy, error),
    };
}
