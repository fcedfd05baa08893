
namespace Bnn;

/// <summary>What a running stage has beside the network: its optimizer, the signs that it began with, its best weights.</summary>
internal sealed class StageRun : IDisposable
{
    private readonly TrainingPlan plan;
    private readonly Stage stage;
    private readonly RunPosition position;
    private NetworkCopy? best;
    private TorchNetwork? averaged;

    /// <param name="plan">The run.</param>
    /// <param name="network">Its network; changed where the stage begins with fresh weights.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="position">Where the run is.</param>
    /// <param name="batches">Batches of an epoch.</param>
    /// <param name="saved">What the run was restored from, if that was within this stage or right before it.</param>
    public StageRun(TrainingPlan plan, TorchNetwork network, Stage stage, RunPosition position, int batches, Checkpoint? saved)
    {
        (this.plan, this.stage, Network, this.position, Iterations) = (plan, stage, network, position, batches * stage.Epochs);
        network.Use(plan.ModelIn(stage));
        var isBegun = saved is not null && (position.Steps > 0 || saved.Slots.Count > 0 || saved.First.Length > 0);
        if (isBegun)
        {
            First = saved!.FirstSigns(network);
        }
        else
        {
            network.Redraw(stage.BinaryStart, (long)SplitMix64.Of(plan.Seed, (ulong)position.Stage).Next());
            First = SignsModule.pack(network.LatentWeightsCopy());
        }

        Optimizer = new RuleOptimizer(plan.Optimizer.Rule(stage), Iterations, network.Store.Groups);
        if (isBegun)
        {
            saved!.Require(Optimizer, batches);
            Checkpoint.Restore(saved.Slots, Optimizer.Slots);
            Optimizer.ResumeAt(position.Steps, position.Numbers);
        }

        if (saved is { Best.Count: > 0 })
        {
            best = new NetworkCopy(network, saved.Best);
        }
    }

    /// <summary>The network that is trained.</summary>
    public TorchNetwork Network { get; }

    /// <summary>Whether the stage leaves an average of the weights.</summary>
    public bool Averages => Optimizer.Averages;

    /// <summary>The signs that the stage began with.</summary>
    public Signs First { get; }

    public RuleOptimizer Optimizer { get; }

    /// <summary>Steps of the whole stage.</summary>
    public int Iterations { get; }

    /// <summary>C2I so far.</summary>
    public double C2I() => Metric.c2i(First, SignsModule.pack(Network.LatentWeightsCopy()));

    /// <summary>The network that counts: the one that is trained; where its weights are averaged, another one that has the average, and
    /// batch norm's statistics of it. What is trained stays as it is.</summary>
    /// <param name="afterBatch">Called after each batch that the statistics are taken from; it may stop the run by an exception.</param>
    public TorchNetwork Measured(Action afterBatch)
    {
        if (!Averages)
        {
            return Network;
        }

        averaged ??= TorchNetwork.Create(Network.Description, plan.Seed, plan.Device);
        new NetworkCopy(Network).MoveTo(averaged);
        Optimizer.GiveAverage(averaged.Store.Groups);
        if (averaged.Store.All.Any(tensor => tensor.Group is null))
        {
            Recalibration.Run(
                averaged, TrainingRun.Mode(stage), plan.Data.Normalization, plan.Data.Train, plan.Batch, plan.BatchesOfAverage, plan.Seed, plan.Workers,
                afterBatch);
        }

        return averaged;
    }

    /// <summary>Whether a network is better than after all the stage's epochs before; it is kept then if the stage ends with its best.</summary>
    /// <param name="score">How good it is.</param>
    /// <param name="measured">The network.</param>
    public bool IsBest(double score, TorchNetwork measured)
    {
        if (!(score > (position.BestScore ?? double.NegativeInfinity)))
        {
            return false;
        }

        position.BestScore = score;
        if (stage.KeepsBest)
        {
            best?.Dispose();
            best = new NetworkCopy(measured);
        }

        return true;
    }

    /// <summary>Gives the network what the stage leaves: its best weights where it keeps them, else their average where there is one.</summary>
    /// <param name="afterBatch">Called after each batch that the average's statistics are taken from.</param>
    public void Leave(Action afterBatch)
    {
        if (best is not null)
        {
            best.RestoreTo(Network);
        }
        else if (Averages)
        {
            new NetworkCopy(Measured(afterBatch)).MoveTo(Network);
        }
    }

    /// <summary>Everything that the run needs to go on from here, with the network that was measured for its readers.</summary>
    public Checkpoint CaptureBest(TorchNetwork measured)
    {
        var all = Capture();
        return ReferenceEquals(measured, Network) ? all : all with { Network = NetworkTensors.Copy(measured), Live = all.Network };
    }

    /// <summary>Everything that the run needs to go on from here.</summary>
    /// <param name="probe">The diagnostics of the epoch that is running; null between two.</param>
    public Checkpoint Capture(EpochProbe? probe = null)
    {
        (position.Steps, position.Numbers) = (Optimizer.Steps, Optimizer.Numbers.ToDictionary());
        return new(
            position, NetworkTensors.Copy(Network), [.. Optimizer.Slots.Select(slot => TensorBytes.ToArray(slot.Key, slot.Value))],
            SignsModule.toBytes(First), best?.ToArrays(Network) ?? [])
        {
            Probe = probe?.Save(),
        };
    }

    /// <summary>The same between two stages, or after the last.</summary>
    public static Checkpoint Between(TorchNetwork network, RunPosition position)
    {
        (position.Steps, position.Numbers) = (0, []);
        return new(position, NetworkTensors.Copy(network), [], [], []);
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        best?.Dispose();
        averaged?.Dispose();
    }
}
