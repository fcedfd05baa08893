namespace Bnn;

/// <summary>A file that is what it should be by its kind, but holds what is not read. Its message goes on from the file's name.</summary>
internal sealed class RefusedContentException(string problem, string remedy) : Exception(problem)
{
    /// <summary>What to do about it.</summary>
    public string Remedy => remedy;
}

/// <summary>Reading files that others wrote: whatever is wrong ends in one exception that names the file.</summary>
internal static class InputFile
{
    private const string Damaged = "the file is damaged or of another kind: get it again from where it came from";

    /// <summary>Opens the file and reads it. What <paramref name="read"/> says by a FormatException is wrong with the file.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged, of another kind or too large for the memory.</exception>
    public static T Read<T>(string path, Func<FileStream, T> read)
    {
        try
        {
            using var stream = RegularFile.Open(path, bufferSize: 1 << 16);
            return read(stream);
        }
        catch (RefusedContentException e)
        {
            throw new BnnFileException(path, e.Message, e.Remedy, e);
        }
        catch (FormatException e)
        {
            throw new BnnFileException(path, e.Message, Damaged, e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BnnFileException(path, "there is no such file", "check the path", e);
        }
        catch (OutOfMemoryException e)
        {
            throw new BnnFileException(path, "holds more than fits in memory", "read it on a machine with more memory", e);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be read ({e.Message})", "give a file that you may read", e);
        }
    }
}
