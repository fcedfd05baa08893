
namespace Bnn;

/// <summary>What a running stage has beside the network: its optimizer, the signs that it began with, its best weights.</summary>
internal sealed class StageRun : IDisposable
{
    private readonly RunPosition position;
    private readonly bool keepsBest;
    private NetworkCopy? best;

    /// <param name="plan">The run.</param>
    /// <param name="network">Its network; changed where the stage begins with fresh weights.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="position">Where the run is.</param>
    /// <param name="batches">Batches of an epoch.</param>
    /// <param name="saved">What the run was restored from, if that was within this stage or right before it.</param>
    public StageRun(TrainingPlan plan, TorchNetwork network, Stage stage, RunPosition position, int batches, Checkpoint? saved)
    {
        (Network, this.position, keepsBest, Iterations) = (network, position, stage.KeepsBest, batches * stage.Epochs);
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

    public TorchNetwork Network { get; }

    /// <summary>The signs that the stage began with.</summary>
    public Signs First { get; }

    public RuleOptimizer Optimizer { get; }

    /// <summary>Steps of the whole stage.</summary>
    public int Iterations { get; }

    /// <summary>C2I so far.</summary>
    public double C2I() => Metric.c2i(First, SignsModule.pack(Network.LatentWeightsCopy()));

    /// <summary>Whether the weights are better than after all the stage's epochs before; they are kept then if the stage ends with its best.</summary>
    /// <param name="score">How good they are.</param>
    public bool IsBest(double score)
    {
        if (!(score > (position.BestScore ?? double.NegativeInfinity)))
        {
            return false;
        }

        position.BestScore = score;
        if (keepsBest)
        {
            best?.Dispose();
            best = new NetworkCopy(Network);
        }

        return true;
    }

    /// <summary>Gives the network its best weights, where there are some.</summary>
    public void RestoreBest() => best?.RestoreTo(Network);

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
    }
}
