namespace Bnn;

/// <summary>The files that a run writes into its folder, and nothing else there.</summary>
internal static class RunFiles
{
    /// <summary>Deletes them, so that another run can begin there. What else lies in the folder stays, and so does all of a folder in which no run has
    /// begun. What shows that one has begun goes last: where the deletion is interrupted, the rest is deleted next time.</summary>
    /// <param name="runFolder">The run's folder; no other process trains there.</param>
    /// <exception cref="BnnFileException">One cannot be deleted.</exception>
    public static void Delete(string runFolder)
    {
        var checkpoints = CheckpointFolder.AllFiles(runFolder);
        var recipe = Path.Combine(runFolder, CheckpointFolder.Name, RunIdentity.FileName);
        if (checkpoints.Count == 0 && !File.Exists(recipe))
        {
            return;
        }

        string[] results = [RunFolder.ResultName, RunFolder.MetricsName, RunFolder.HistogramName, DiagnosticsFile.Name, Report.FileName, .. BnnModelFile.NamesInFolder];
        foreach (var file in results.Select(name => Path.Combine(runFolder, name)).Concat(TensorBoard.Files(runFolder)).Concat(checkpoints).Append(recipe))
        {
            try
            {
                File.Delete(file);
            }
            catch (Exception e) when (AtomicFile.IsFileFault(e))
            {
                throw new BnnFileException(file, $"cannot be deleted ({e.Message})", "delete it, or give another folder", e);
            }
        }
    }
}
