namespace Bnn;

/// <summary>
/// A run's event file for TensorBoard, <c>events.out.tfevents.SECONDS.bnn</c>: scalars and the histogram of the latent weights. A step is an
/// epoch, counted through all stages from 1. Every epoch is on the disk when it has ended.
/// </summary>
internal sealed class TensorBoard
{
    private const string Prefix = "events.out.tfevents.";
    private const string Suffix = ".bnn";

    // SessionLog.START
    private const int Start = 1;

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
        path = Path.Combine(folder, $"{Prefix}{this.clock.GetUtcNow().ToUnixTimeSeconds():D10}{Suffix}");
        var step = Step(stageIndex, epoch);
        if (step == 1)
        {
            Remove(folder);
        }

        Append([Event(0).Text(3, "brain.Event:2"), Event(step).Message(7, new ProtoMessage().Whole(1, Start))]);
    }

    /// <summary>Adds an epoch.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public void Epoch(EpochMetrics e)
    {
        var summary = Scalars(
            ("train/loss", e.Loss), ("train/top-1", e.TrainTop1), ("train/learning rate", e.LearningRate), ("binary/FF", e.FlipFlopRatio),
            ("binary/saturation", e.Saturation), ("speed/wait for data", e.DataWait), ("speed/images a second", e.ImagesPerSecond));
        if (e.Diagnostics is { } d)
        {
            Add(
                summary, ("binary/C2I", d.C2IRatio), ("binary/dead weights", d.DeadWeights), ("binary/revived weights", d.RevivedWeights),
                ("binary/sure weights", d.LatentWeights.Confident), ("binary/unsure weights", d.LatentWeights.Unsure));
            if (d.LatentWeights.Counts.Sum() + d.LatentWeights.Below + d.LatentWeights.Above > 0)
            {
                summary.Message(1, new ProtoMessage().Text(1, "latent weights").Message(5, Histogram(d.LatentWeights)));
            }
        }

        Append([Event(Step(e.StageIndex, e.Epoch)).Message(5, summary)]);
    }

    /// <summary>Adds what a stage has reached, at its last epoch.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public void Stage(int index, StageResult r) => Append(
        [Event(Step(index, epochs[index])).Message(5, Scalars(("test/top-1", r.Top1), ("test/top-5", r.Top5)))]);

    /// <summary>The numbers that exist.</summary>
    private static ProtoMessage Scalars(params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        var summary = new ProtoMessage();
        Add(summary, scalars);
        return summary;
    }

    private static void Add(ProtoMessage summary, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        foreach (var (tag, value) in scalars)
        {
            if (!double.IsNaN(value))
            {
                summary.Message(1, new ProtoMessage().Text(1, tag).Single(2, (float)value));
            }
        }
    }

    /// <summary>The histogram, in which each bin ends where the next begins; what is outside the bins is in one more at each end. Sums are those
    /// of the bins' middles.</summary>
    private static ProtoMessage Histogram(LatentSpread spread)
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
        return new ProtoMessage().Double(1, spread.Least).Double(2, spread.Greatest).Double(3, counts.Sum()).Double(4, sum).Double(5, squares)
            .Doubles(6, limits).Doubles(7, counts);
    }

    private static void Remove(string folder)
    {
        try
        {
            foreach (var old in Directory.EnumerateFiles(folder, $"{Prefix}*{Suffix}"))
            {
                File.Delete(old);
            }
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(folder, $"an earlier run's events cannot be removed ({e.Message})", "remove them, or give another folder", e);
        }
    }

    private long Step(int stageIndex, int epoch) => epochs.Take(stageIndex).Sum() + epoch;

    private ProtoMessage Event(long step) =>
        new ProtoMessage().Double(1, clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0).Whole(2, step);

    private void Append(IEnumerable<ProtoMessage> events)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Append, FileAccess.Write);
            foreach (var its in events)
            {
                stream.Write(EventRecord.Of(its.ToArray()));
            }
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be written ({e.Message})", "give a folder that you may write to, on a disk with free space", e);
        }
    }
}
