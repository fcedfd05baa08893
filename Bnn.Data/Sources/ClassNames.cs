namespace Bnn;

/// <summary>The names of classes in a text file, one a line.</summary>
internal static class ClassNames
{
    /// <summary>Reads the names; lines that are blank are passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">How many there must be, if that is known.</param>
    /// <exception cref="BnnFileException">The file cannot be read, or holds no names, a name twice or another number of them.</exception>
    public static string[] Read(string path, int? count = null)
    {
        string[] names;
        try
        {
            names = [.. RegularFile.Lines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BnnFileException(path, "there is no such file", "give a text file with a class's name in each line", error);
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw new BnnFileException(path, $"cannot be read ({error.Message})", "give a text file that you may read", error);
        }

        if (names.Length == 0 || names.Length != (count ?? names.Length))
        {
            var wanted = count is null ? "" : $", not {count}";
            throw new BnnFileException(
                path, $"holds {SourceNames.Count(names.Length, "name", "names")}{wanted}", "give a class's name in each line");
        }

        var twice = names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1)?.Key;
        return twice is null ? names : throw new BnnFileException(path, $"has the name {twice} twice", "give each class a name of its own");
    }
}
