namespace Bnn;

/// <summary>Finds out whether files can be written in a folder.</summary>
internal static class WritableFolder
{
    /// <summary>Writes a file to the disk and deletes it; throws what the file system throws.</summary>
    public static void Probe(string folder)
    {
        var probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
        try
        {
            using var stream = new FileStream(probe, FileMode.CreateNew, FileAccess.Write);
            stream.Write("probe"u8);
            stream.Flush(flushToDisk: true);
        }
        finally
        {
            File.Delete(probe);
        }
    }

    /// <summary>What is wrong with a folder to save to; null where nothing is.</summary>
    public static Fault? FaultOf(string folder) =>
        ModelFile.IsNamedAsFile(folder)
            ? Fault.Problem("folder", $"{folder} has the name of a file", "give a folder's name; the result's Model.Save writes such a file")
            : WhyNot(folder) is { } problem ? Fault.Problem("folder", $"{folder} cannot be written: {problem}", "give a folder that can be created and written to") : null;

    /// <summary>What keeps the folder from being created and written, as a clause; null where nothing does. The folder is not created.</summary>
    private static string? WhyNot(string folder)
    {
        try
        {
            var existing = Path.GetFullPath(folder);
            while (!Directory.Exists(existing))
            {
                if (File.Exists(existing))
                {
                    return existing == Path.GetFullPath(folder) ? "it is a file" : $"{existing} is a file";
                }

                existing = Path.GetDirectoryName(existing) ?? throw new IOException("its drive does not exist");
            }

            Probe(existing);
            return null;
        }
        catch (Exception e) when (e is ArgumentException || AtomicFile.IsFileFault(e))
        {
            return $"it cannot be written to ({e.Message})";
        }
    }
}
