using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>The checkpoints of one run, in the folder <c>checkpoints</c> of the run's own: the newest two, numbered, each whole or not there. One
/// process at a time has it.</summary>
internal sealed class CheckpointFolder : IDisposable
{
    private const string Name = "checkpoints";
    private const string LockName = "lock";
    private const string Extension = ".safetensors";
    private const int Kept = 2;

    private readonly string path;
    private readonly FileStream held;
    private readonly TimeSpan interval;
    private readonly Stopwatch sinceLast = Stopwatch.StartNew();
    private long next;

    private CheckpointFolder(string path, FileStream held, TimeSpan interval)
    {
        (this.path, this.held, this.interval) = (path, held, interval);
        next = Numbers().DefaultIfEmpty(0).Max() + 1;
    }

    /// <summary>Whether it is time for the next one.</summary>
    public bool IsDue => sinceLast.Elapsed >= interval;

    /// <summary>What a run of this identity would find wrong in a folder; empty where it can begin or go on there.</summary>
    public static IReadOnlyList<Fault> Faults(string runFolder, JsonObject identity)
    {
        try
        {
            return [.. RunIdentity.Differences(Path.Combine(runFolder, Name), identity)];
        }
        catch (BnnFileException e)
        {
            return [new Fault("folder", $"{e.Path}, which {e.Problem}", e.Remedy)];
        }
    }

    /// <summary>Takes the folder for a run.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="identity">The run's identity; the folder's is the same, or there is none.</param>
    /// <param name="interval">The time between two checkpoints.</param>
    /// <exception cref="BnnFileException">Another process has it, or it cannot be written.</exception>
    public static CheckpointFolder Open(string runFolder, JsonObject identity, TimeSpan interval)
    {
        var path = Path.Combine(runFolder, Name);
        FileStream held;
        try
        {
            Directory.CreateDirectory(path);
            held = new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(
                runFolder, $"is in use by another training, or cannot be written to ({e.Message})", "wait for it, or give another folder", e);
        }

        try
        {
            RunIdentity.Write(path, identity);
            return new(path, held, interval);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The newest checkpoint that is whole; null where there is none at all.</summary>
    /// <param name="note">Told of each newer one that is damaged.</param>
    /// <exception cref="BnnFileException">There are some, and none is whole.</exception>
    public Checkpoint? Newest(Action<string> note)
    {
        BnnFileException? damage = null;
        foreach (var number in Numbers().OrderDescending())
        {
            try
            {
                return Checkpoint.Read(PathOf(number));
            }
            catch (BnnFileException e)
            {
                damage = e;
                note($"{e.Path} {e.Problem}: the checkpoint before it is taken");
            }
        }

        return damage is null ? null : throw new BnnFileException(
            path, $"holds no checkpoint that is whole; the oldest: {damage.Problem}", "delete the folder to begin anew", damage);
    }

    /// <summary>Writes the next one and deletes all but the newest two.</summary>
    /// <exception cref="BnnFileException">It cannot be written; those before it are still there.</exception>
    public void Write(Checkpoint checkpoint)
    {
        checkpoint.Write(PathOf(next));
        next++;
        foreach (var old in Numbers().OrderDescending().Skip(Kept))
        {
            File.Delete(PathOf(old));
        }

        sinceLast.Restart();
    }

    public void Dispose() => held.Dispose();

    private string PathOf(long number) => Path.Combine(path, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    private IEnumerable<long> Numbers() => Directory.GetFiles(path, "*" + Extension)
        .Select(file => long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Where(number => number > 0);
}
