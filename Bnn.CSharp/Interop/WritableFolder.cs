namespace Bnn;

/// <summary>Looks at a folder that is to be written, without creating it.</summary>
internal static class WritableFolder
{
    /// <summary>What keeps the folder from being created and written, as the end of a sentence on what is allowed; null where
    /// nothing does.</summary>
    public static string? WhyNot(string folder)
    {
        try
        {
            var existing = Path.GetFullPath(folder);
            while (!Directory.Exists(existing))
            {
                if (File.Exists(existing))
                {
                    return $"a folder, but {existing} is a file";
                }

                existing = Path.GetDirectoryName(existing) ?? throw new IOException("its drive does not exist");
            }

            var probe = Path.Combine(existing, $".probe-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }

            return null;
        }
        catch (Exception e) when (e is ArgumentException || AtomicFile.IsFileFault(e))
        {
            return $"a folder that can be written to ({e.Message})";
        }
    }
}
