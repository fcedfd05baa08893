using System.Globalization;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>When a run writes checkpoints, and how many stay.</summary>
/// <param name="Interval">The time between two.</param>
/// <param name="Kept">How many of the newest stay.</param>
/// <param name="Clock">Measures the time; how late it is by the clock does not matter.</param>
internal sealed record CheckpointPolicy(TimeSpan Interval, int Kept, TimeProvider Clock);

/// <summary>The checkpoints of one run, in the folder <c>checkpoints</c> of the run's own: the newest, numbered, and <c>best</c>; each whole or
/// not there. One process at a time has it.</summary>
internal sealed class CheckpointFolder : IDisposable
{
    /// <summary>Its name in the run's folder.</summary>
    public const string Name = "checkpoints";

    private const string LockName = "lock";
    private const string Extension = ".safetensors";
    private const string BestName = "best" + Extension;

    private readonly string path;
    private readonly FileStream held;
    private readonly CheckpointPolicy policy;
    private long last;
    private long next;

    private CheckpointFolder(string path, JsonObject identity, FileStream held, CheckpointPolicy policy)
    {
        (this.path, Identity, this.held, this.policy) = (path, identity, held, policy);
        last = policy.Clock.GetTimestamp();
        next = Numbers(path).DefaultIfEmpty(0).Max() + 1;
    }

    /// <summary>The run's folder.</summary>
    public string RunFolder => Path.GetDirectoryName(path)!;

    /// <summary>The file of the newest numbered one; null where there is none.</summary>
    public string? NewestFile => Newest(path).FirstOrDefault();

    /// <summary>The run's identity, which each of its checkpoints has.</summary>
    public JsonObject Identity { get; }

    /// <summary>Whether it is time for the next one.</summary>
    public bool IsDue => policy.Clock.GetElapsedTime(last) >= policy.Interval;

    /// <summary>The files of a run's checkpoints, the newest first, without that of the best epoch.</summary>
    /// <exception cref="BnnFileException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> Files(string runFolder)
    {
        var path = Path.Combine(runFolder, Name);
        try
        {
            return Directory.Exists(path) ? [.. Newest(path)] : [];
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be read ({e.Message})", "give a folder that you may read", e);
        }
    }

    /// <summary>The same with that of the best epoch, last.</summary>
    /// <exception cref="BnnFileException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> AllFiles(string runFolder) =>
        [.. Files(runFolder).Append(Path.Combine(runFolder, Name, BestName)).Where(File.Exists)];

    /// <summary>What a run of this identity would find wrong in a folder; empty where it can begin or go on there.</summary>
    public static IReadOnlyList<Fault> Faults(string runFolder, JsonObject identity)
    {
        try
        {
            var found = RunIdentity.TryRead(Path.Combine(runFolder, Name));
            if (found is not null && RunIdentity.Differences(identity, found, runFolder) is { Count: > 0 } differences)
            {
                return differences;
            }

            var others = OfOthers(runFolder, identity).ToList();
            return found is null && others.Count > 0
                ? RunIdentity.Differences(identity, others[0].Identity, others[0].File)
                : [.. others.Select(other => new Fault(
                    "folder", $"{runFolder}, where {other.File} is a checkpoint of another training ({RunIdentity.InWords(other.Differences)} differ)",
                    $"the run's own checkpoints: move that file away; or {RunIdentity.Elsewhere}"))];
        }
        catch (BnnFileException e)
        {
            return [Fault.Problem("folder", $"{e.Path}: {e.Problem}", e.Remedy)];
        }
    }

    /// <summary>The whole checkpoints in a folder that are of another run than this identity's, and how they differ. Only theirs are read beyond the
    /// header.</summary>
    /// <exception cref="BnnFileException">The folder cannot be read.</exception>
    public static IEnumerable<(string File, JsonObject Identity, IReadOnlyList<Fault> Differences)> OfOthers(string runFolder, JsonObject identity) =>
        from file in AllFiles(runFolder)
        let its = Checkpoint.TryIdentityOf(file)
        where its is not null
        let differences = RunIdentity.Differences(identity, its, file)
        // a damaged one is passed over, whatever its header says
        where differences.Count > 0 && Checkpoint.IsWhole(file)
        select (file, its, differences);

    /// <summary>Takes the folder for a run.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="identity">The run's identity; the folder's is the same, or there is none.</param>
    /// <param name="policy">When it writes, and how many stay.</param>
    /// <param name="startsOver">Whether what a run has left there is deleted before.</param>
    /// <exception cref="BnnFileException">Another process has it, or it cannot be written.</exception>
    public static CheckpointFolder Open(string runFolder, JsonObject identity, CheckpointPolicy policy, bool startsOver = false)
    {
        var path = Path.Combine(runFolder, Name);
        FileStream held;
        try
        {
            Directory.CreateDirectory(path);
            RegularFile.Check(Path.Combine(path, LockName));
            held = new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(
                runFolder, $"is in use by another training, or cannot be written to ({e.Message})", "wait for it, or give another folder", e);
        }

        try
        {
            AtomicFile.RemoveRemains(path);
            AtomicFile.RemoveRemains(runFolder);
            if (startsOver)
            {
                RunFiles.Delete(runFolder);
            }

            RunIdentity.Write(path, identity);
            return new(path, identity, held, policy);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Whether a training has a run's folder now.</summary>
    public static bool IsInUse(string runFolder)
    {
        var file = Path.Combine(runFolder, Name, LockName);
        RegularFile.Check(file);
        try
        {
            using var held = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>The newest checkpoint that is whole, of the numbered ones if one of them is; null where there is none at all.</summary>
    /// <param name="note">Told of each newer one that is damaged.</param>
    /// <exception cref="BnnFileException">There are some, and none is whole; or the newest that is is another run's.</exception>
    public Checkpoint? Newest(Action<string> note)
    {
        var found = NewestIn(RunFolder, note);
        return found is not null && RunIdentity.Differences(Identity, found.Identity ?? [], found.Path) is { Count: > 0 } differences
            ? throw new BnnFileException(
                found.Path, $"is a checkpoint of another training ({RunIdentity.InWords(differences)} differ)", $"move it away; or give {RunIdentity.Elsewhere}")
            : found;
    }

    /// <summary>That of a run's folder, which may be without checkpoints, whichever training it is of.</summary>
    /// <exception cref="BnnFileException">There are some, and none is whole.</exception>
    public static Checkpoint? NewestIn(string runFolder, Action<string> note)
    {
        BnnFileException? damage = null;
        foreach (var file in AllFiles(runFolder))
        {
            try
            {
                var found = Checkpoint.Read(file);
                return found.FirstLost() is { } lost
                    ? throw new BnnFileException(file, $"holds weights that are lost ({lost})", "delete it; an older checkpoint is then taken")
                    : found;
            }
            catch (BnnFileException e)
            {
                damage = e;
                note($"{e.Path}: {e.Problem}; the checkpoint before it is taken");
            }
        }

        return damage is null ? null : throw new BnnFileException(
            Path.Combine(runFolder, Name), $"holds no checkpoint that is whole; the oldest: {damage.Problem}", "delete the folder to begin anew, or call StartingOver()", damage);
    }

    /// <summary>Writes the next one and deletes all but the newest.</summary>
    /// <exception cref="BnnFileException">It cannot be written; those before it are still there.</exception>
    public void Write(Checkpoint checkpoint)
    {
        checkpoint.Write(PathOf(path, next));
        next++;
        foreach (var old in Numbers(path).OrderDescending().Skip(policy.Kept))
        {
            File.Delete(PathOf(path, old));
        }

        last = policy.Clock.GetTimestamp();
    }

    /// <summary>Writes the best one so far in place of the one before.</summary>
    /// <exception cref="BnnFileException">It cannot be written; the one before is still there.</exception>
    public void WriteBest(Checkpoint checkpoint) => checkpoint.Write(Path.Combine(path, BestName));

    public void Dispose() => held.Dispose();

    /// <summary>The numbered ones, newest first.</summary>
    private static IEnumerable<string> Newest(string path) => Numbers(path).OrderDescending().Select(number => PathOf(path, number));

    private static string PathOf(string path, long number) => Path.Combine(path, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    // a user's 7.safetensors is none
    private static IEnumerable<long> Numbers(string path) => Directory.GetFiles(path, "*" + Extension)
        .Where(file => long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 0 && Path.GetFileName(PathOf(path, number)) == Path.GetFileName(file))
        .Select(file => long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture));
}
