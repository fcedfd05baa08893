using System.Globalization;
using Google.Protobuf;
using Tensorboard;

namespace Bnn;

/// <summary>
/// A run's event file for TensorBoard, <c>events.out.tfevents.SECONDS.bnn</c>: scalars and the histogram of the latent weights. A step is an
/// epoch, counted through all stages from 1; shares are in 0..1. Every epoch is on the disk when it has ended. SECONDS is when it began, since 1970, and more than any
/// file of the folder has: TensorBoard reads them in the order of their names.
/// </summary>
internal sealed class TensorBoard
{
    private const string Prefix = "events.out.tfevents.";
    private const string Suffix = ".bnn";

    private readonly IReadOnlyList<int> epochs;
    private readonly TimeProvider clock;
    private readonly string path;

    /// <summary>The file of a run that begins with this epoch. What it has shown of it and later ones before is withdrawn: TensorBoard drops what
    /// earlier files say of a step from the session's start on. A run that begins anew removes earlier files.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="epochs">How many epochs each stage has.</param>
    /// <param name="stageIndex">The stage that the run begins in, from 0.</param>
    /// <param name="epoch">The epoch of that stage, from 1.</param>
    /// <param name="clock">The time of events.</param>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public TensorBoard(string folder, IReadOnlyList<int> epochs, int stageIndex, int epoch, TimeProvider? clock = null)
    {
        (this.epochs, this.clock) = (epochs, clock ?? TimeProvider.System);
        var step = Step(stageIndex, epoch);
        path = NextPath(folder, anew: step == 1);
        var (version, session) = (At(0), At(step));
        version.FileVersion = "brain.Event:2";
        session.SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start };
        Append(version, session);
    }

    /// <summary>A run's event files, in the order in which TensorBoard reads them.</summary>
    public static IEnumerable<string> Files(string folder) =>
        Directory.GetFiles(folder, $"{Prefix}*{Suffix}").Where(file => Seconds(file) > 0).Order(StringComparer.Ordinal);

    /// <summary>The file of a run that goes on after these epochs and stages. Where the files of the folder do not show all of them as they were, because one
    /// was deleted, cut or changed, they are replaced by one that does.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="epochs">How many epochs each stage has.</param>
    /// <param name="done">The epochs that are done, with the diagnostics that there are.</param>
    /// <param name="results">What the stages that are done have reached.</param>
    /// <param name="next">The epoch that the run goes on with, its stage's index first; null where it has ended.</param>
    /// <param name="clock">The time of events.</param>
    /// <returns>Null where it has ended, and its files are as they were.</returns>
    /// <exception cref="BnnFileException">A file cannot be read or written.</exception>
    public static TensorBoard? After(
        string folder, IReadOnlyList<int> epochs, IReadOnlyList<EpochMetrics> done, IReadOnlyList<StageResult> results, (int Stage, int Epoch)? next, TimeProvider clock)
    {
        long Step(int stage, int epoch) => epochs.Take(stage).Sum() + epoch;
        (long Step, Summary Shown)[] all =
        [
            .. done.Select(e => (Step(e.StageIndex, e.Epoch), Of(e))), .. results.Select((result, stage) => (Step(stage, epochs[stage]), Of(result))),
        ];
        var found = EventFile.TryRead(Files(folder));
        if (found is not null && all.All(its => its.Shown.Value.All(value => value.Equals(found.GetValueOrDefault((its.Step, value.Tag))))))
        {
            return next is var (stage, epoch) ? new(folder, epochs, stage, epoch, clock) : null;
        }

        var board = new TensorBoard(folder, epochs, 0, 1, clock);
        foreach (var (step, shown) in all.OrderBy(its => its.Step))
        {
            board.Append(step, shown);
        }

        return board;
    }

    /// <summary>Adds an epoch.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public void Epoch(EpochMetrics e) => Append(Step(e.StageIndex, e.Epoch), Of(e));

    /// <summary>Adds what a stage has reached, at its last epoch.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public void Stage(int index, StageResult r) => Append(Step(index, epochs[index]), Of(r));

    private static Summary Of(StageResult r) => Scalars(("stage/top-1", r.Top1), ("stage/top-5", r.Top5), ("stage/PSNR", r.Psnr));

    private static Summary Of(EpochMetrics e)
    {
        var summary = Scalars(
            ("train/loss", e.Loss), ("train/top-1", e.TrainTop1), ("train/learning rate", e.LearningRate), ("test/top-1", e.Top1),
            ("test/top-5", e.Top5), ("train/PSNR", e.TrainPsnr), ("test/PSNR", e.Psnr), ("binary/FF", e.FlipFlopRatio), ("binary/saturation", e.Saturation), ("speed/wait for data", e.DataWait), ("speed/images a second", e.ImagesPerSecond));
        if (e.Diagnostics is { } d)
        {
            Add(
                summary, ("binary/C2I", d.C2IRatio), ("binary/dead weights", d.DeadWeights), ("binary/revived weights", d.RevivedWeights),
                ("binary/sure weights", d.LatentWeights.Confident), ("binary/unsure weights", d.LatentWeights.Unsure));
            Add(summary, [.. d.Saturation.Select(sign => ($"saturation/{sign.Name}", sign.Share))]);
            Add(summary, [.. d.Layers.Select(layer => ($"SDAM/{layer.Name}", layer.Sdam))]);
            Add(summary, [.. d.Layers.Select(layer => ($"zero gradients/{layer.Name}", layer.ZeroGradients))]);
            if (d.LatentWeights.Counts.Sum() + d.LatentWeights.Below + d.LatentWeights.Above > 0)
            {
                summary.Value.Add(new Summary.Types.Value { Tag = "latent weights", Histo = Histogram(d.LatentWeights) });
            }
        }

        return summary;
    }

    /// <summary>The numbers that exist.</summary>
    private static Summary Scalars(params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        var summary = new Summary();
        Add(summary, scalars);
        return summary;
    }

    private static void Add(Summary summary, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        foreach (var (tag, value) in scalars)
        {
            if (!double.IsNaN(value))
            {
                summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });
            }
        }
    }

    /// <summary>The histogram, in which each bin ends where the next begins; what is outside the bins is in one more at each end. Sums are those
    /// of the bins' middles.</summary>
    private static HistogramProto Histogram(LatentSpread spread)
    {
        var width = 2 * spread.Limit / spread.Counts.Count;
        var middles = spread.Counts.Select((_, k) => -spread.Limit + (k + 0.5) * width);
        var (sum, squares) = (0.0, 0.0);
        foreach (var (count, value) in spread.Counts.Zip(middles).Append((spread.Below, spread.Least)).Append((spread.Above, spread.Greatest)))
        {
            sum += count * value;
            squares += count * value * value;
        }

        double[] limits = [-spread.Limit, .. middles.Select(middle => middle + width / 2), Math.Max(spread.Greatest, 2 * spread.Limit)];
        double[] counts = [spread.Below, .. spread.Counts.Select(count => (double)count), spread.Above];
        return new HistogramProto
        {
            Min = spread.Least,
            Max = spread.Greatest,
            Num = counts.Sum(),
            Sum = sum,
            SumSquares = squares,
            BucketLimit = { limits },
            Bucket = { counts },
        };
    }

    /// <summary>Where to write, after all files that are left. A clock that was set back since does not count.</summary>
    private string NextPath(string folder, bool anew)
    {
        try
        {
            if (anew)
            {
                Files(folder).ToList().ForEach(File.Delete);
            }

            var last = Directory.EnumerateFiles(folder, $"{Prefix}*").Select(Seconds).DefaultIfEmpty().Max();
            return Path.Combine(folder, $"{Prefix}{Math.Max(clock.GetUtcNow().ToUnixTimeSeconds(), last + 1):D10}{Suffix}");
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(
                folder, $"events of earlier runs cannot be listed or removed ({e.Message})", "remove them, or give another folder", e);
        }
    }

    /// <summary>The time in an event file's name; 0 where there is none.</summary>
    private static long Seconds(string path) =>
        long.TryParse(Path.GetFileName(path)[Prefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var its) ? its : 0;

    private long Step(int stageIndex, int epoch) => epochs.Take(stageIndex).Sum() + epoch;

    private Event At(long step) => new() { WallTime = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, Step = step };

    private void Append(long step, Summary summary)
    {
        var its = At(step);
        its.Summary = summary;
        Append(its);
    }

    private void Append(params ReadOnlySpan<Event> events)
    {
        try
        {
            using var stream = RegularFile.Append(path);
            foreach (var its in events)
            {
                stream.Write(EventRecord.Of(its.ToByteArray()));
            }
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be written ({e.Message})", "give a folder that you may write to, on a disk with free space", e);
        }
    }
}
