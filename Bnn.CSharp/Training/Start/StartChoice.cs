namespace Bnn;

/// <summary>What a training is to start from: a file or folder, or a network.</summary>
/// <param name="Path">The file or folder; null for the network.</param>
/// <param name="Model">The network; null for the file.</param>
/// <param name="Partial">Whether what fits is taken where not everything does.</param>
/// <param name="Key">Where in a file of PyTorch the weights are (<see cref="ImportOptions.Key"/>).</param>
internal sealed record StartChoice(string? Path, BnnModel? Model, bool Partial, string? Key = null)
{
    /// <summary>The weights; null, and a fault, where they cannot be had.</summary>
    /// <param name="folder">Where the training saves to, if anywhere.</param>
    /// <param name="faults">Takes what is wrong.</param>
    public GivenWeights? Read(string? folder, List<Fault> faults)
    {
        if (Path is not null && folder is not null && IsOfRun(Path, folder))
        {
            faults.Add(Fault.Problem("start", $"{Path} is of the folder that the training saves to", "give SaveTo another folder"));
            return null;
        }

        try
        {
            return Path is null ? Model!.Given() : GivenWeights.Read(Path, new() { Key = Key, LeaveOutOthers = Partial });
        }
        catch (BnnFileException e)
        {
            faults.Add(Fault.Problem("start", $"{e.Path}: {e.Problem}", e.Remedy));
        }
        catch (ObjectDisposedException) when (Model is not null)
        {
            faults.Add(Fault.Problem("start", $"the network {Model.Description.Name} was disposed of", "give a network that is there until the training begins"));
        }

        return null;
    }

    /// <summary>Whether it is a run's folder, or what the run itself writes there.</summary>
    private static bool IsOfRun(string path, string folder)
    {
        // reading says what is wrong with such a path
        if ((path + folder).AsSpan().ContainsAny(System.IO.Path.GetInvalidPathChars()))
        {
            return false;
        }

        static string Full(string name) => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(name));
        var (given, run) = (Full(path), Full(folder));
        return given == run || BnnModelFile.NamesInFolder.Any(name => given == System.IO.Path.Combine(run, name))
            || System.IO.Path.GetDirectoryName(given) == System.IO.Path.Combine(run, CheckpointFolder.Name);
    }
}
