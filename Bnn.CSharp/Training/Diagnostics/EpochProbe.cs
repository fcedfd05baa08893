
namespace Bnn;

/// <summary>
/// Gathers what an epoch's diagnostics need. Gradients, and the saturation of all signs but the first, are looked at in the epoch's last
/// ten iterations only: this bounds the cost, and makes "dead" mean the same in epochs of any length. Nothing is kept from one
/// epoch to the next. A checkpoint within an epoch takes along what was gathered.
/// </summary>
internal sealed class EpochProbe
{
    /// <summary>So many iterations are looked at.</summary>
    public const int Window = 10;

    private readonly TorchNetwork network;
    private readonly int iterations;
    private readonly float[] before;
    private readonly LayerProbe[] layers;
    private readonly (double Saturated, long All)[] signs;
    private float[] halfway;
    private float[] halfwayMemory;
    private float[] afterMemory;
    private float[] stepMemory;
    private int done;
    private int seen;

    /// <summary>Before an epoch of so many iterations, of which some may be done.</summary>
    /// <param name="network">The network.</param>
    /// <param name="iterations">The epoch's iterations.</param>
    /// <param name="done">How many of them are done.</param>
    /// <param name="last">The probe of the epoch before, whose memory this one takes: a large network's copies are not to be made anew.</param>
    public EpochProbe(TorchNetwork network, int iterations, int done, EpochProbe? last = null)
    {
        (this.network, this.iterations, this.done) = (network, iterations, done);
        (halfwayMemory, afterMemory, stepMemory) = (last?.halfwayMemory ?? [], last?.afterMemory ?? [], last?.stepMemory ?? []);
        before = halfway = network.LatentWeightsCopy(last?.before);
        layers = [.. LayerProbe.Of(network)];
        signs = new (double, long)[network.SignNames.Count];
    }

    private bool IsInWindow => iterations - done <= Window;

    /// <summary>The mode for the epoch's iterations, in which the signs are watched.</summary>
    /// <param name="probe">The epoch's probe, if there is one.</param>
    /// <param name="mode">The mode.</param>
    /// <param name="first">Told (saturated, all) of the first sign in every iteration.</param>
    public static NetworkMode Watch(EpochProbe? probe, NetworkMode mode, Action<double, long> first) => mode with
    {
        Watch = sign => (sign == 0 ? first : null) + (probe?.IsInWindow == true ? probe.Count(sign) : null),
    };

    /// <summary>The iteration's gradients are there and the step is yet to come.</summary>
    public void BeforeStep()
    {
        var left = iterations - done;
        if (IsInWindow && layers.Length > 0)
        {
            if (left == (Math.Min(Window, iterations) + 1) / 2)
            {
                halfway = halfwayMemory = network.LatentWeightsCopy(halfwayMemory);
            }

            using var gradients = network.LatentGradients!.cpu();
            foreach (var layer in layers)
            {
                layer.Gradients(Memory.Floats(gradients));
            }

            GC.KeepAlive(gradients);
            stepMemory = network.LatentWeightsCopy(stepMemory);
            seen++;
        }
    }

    /// <summary>The iteration's step is done.</summary>
    public void AfterStep()
    {
        if (IsInWindow && layers.Length > 0)
        {
            using var weights = network.LatentWeights!.cpu();
            foreach (var layer in layers)
            {
                layer.Step(stepMemory, Memory.Floats(weights));
            }

            GC.KeepAlive(weights);
        }

        done++;
    }

    /// <summary>What the epoch showed.</summary>
    /// <param name="first">The signs of the latent weights at the stage's start.</param>
    /// <param name="epochs">The stage's epochs so far, with this one.</param>
    public EpochDiagnostics Ended(Signs first, IReadOnlyList<EpochMetrics> epochs)
    {
        var after = afterMemory = network.LatentWeightsCopy(afterMemory);
        var zeroChannels = layers.Aggregate(ShareModule.empty, (sum, layer) => ShareModule.merge(sum, layer.ZeroChannels));
        var zeros = layers.Aggregate(ShareModule.empty, (sum, layer) => ShareModule.merge(sum, layer.Zeros));
        var dead = layers.Aggregate(ShareModule.empty, (sum, layer) => ShareModule.merge(sum, layer.Dead));
        var revived = layers.Aggregate(ShareModule.empty, (sum, layer) => ShareModule.merge(sum, layer.Revived(halfway, after)));
        return new EpochDiagnostics(
            epochs[^1].Stage, epochs[^1].StageIndex, epochs[^1].Epoch, epochs.Average(epoch => epoch.FlipFlopRatio),
            Metric.c2i(first, SignsModule.pack(after)), Spread(after),
            [.. layers.Select(layer => layer.Diagnostics(before, halfway, after))],
            [.. network.SignNames.Select((name, sign) => new LayerSaturation(name, signs[sign].Saturated / signs[sign].All))],
            zeroChannels.Value, zeros.Value, dead.Value, revived.Value, seen);
    }

    /// <summary>How weights are spread.</summary>
    public static LatentSpread Spread(ReadOnlySpan<float> weights)
    {
        var confidence = ConfidenceModule.add(weights, ConfidenceModule.empty(ConfidenceModule.defaults));
        var (least, greatest) = (float.NaN, float.NaN);
        foreach (var weight in weights)
        {
            // written so that NaN is passed over
            least = least <= weight || float.IsNaN(weight) ? least : weight;
            greatest = greatest >= weight || float.IsNaN(weight) ? greatest : weight;
        }

        return new LatentSpread(
            ConfidenceModule.defaults.Limit, ConfidenceModule.counts(confidence), ConfidenceModule.below(confidence), ConfidenceModule.above(confidence),
            ConfidenceModule.notNumbers(confidence), least, greatest, ConfidenceModule.confident(confidence).Value,
            ConfidenceModule.unsure(confidence).Value,
            [.. ConfidenceModule.peaks(ConfidenceModule.DefaultProminence, confidence)]);
    }

    /// <summary>All that it has gathered in this epoch so far.</summary>
    public ProbeState Save() => new(
        done, seen, [.. signs.Select(sign => sign.Saturated)], [.. signs.Select(sign => sign.All)], [.. layers.Select(layer => layer.Save())])
    {
        Before = before,
        Halfway = ReferenceEquals(halfway, before) ? [] : halfway,
    };

    /// <summary>Takes what the probe of an earlier process had gathered in this epoch.</summary>
    /// <exception cref="BnnFileException">It is of another network.</exception>
    public void Restore(ProbeState state)
    {
        if (state.Saturated?.Length != signs.Length || state.Watched?.Length != signs.Length || state.Layers?.Length != layers.Length
            || state.Before.Length != before.Length || (state.Halfway.Length > 0 && state.Halfway.Length != before.Length)
            || layers.Zip(state.Layers).Any(pair => !pair.First.Fits(pair.Second)))
        {
            throw new BnnFileException(state.Path, "has diagnostics of another network", "delete it; an older checkpoint is then taken");
        }

        (done, seen) = (state.Done, state.Seen);
        for (var sign = 0; sign < signs.Length; sign++)
        {
            signs[sign] = (state.Saturated[sign], state.Watched[sign]);
        }

        foreach (var (layer, its) in layers.Zip(state.Layers))
        {
            layer.Restore(its);
        }

        state.Before.CopyTo(before, 0);
        if (state.Halfway.Length > 0)
        {
            halfway = halfwayMemory = state.Halfway;
        }
    }

    private Action<double, long> Count(int sign) =>
        (saturated, all) => signs[sign] = (signs[sign].Saturated + saturated, signs[sign].All + all);
}
