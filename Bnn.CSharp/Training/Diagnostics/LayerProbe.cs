
namespace Bnn;

/// <summary>Gathers what one binary layer shows in the last iterations of an epoch.</summary>
internal sealed class LayerProbe
{
    private readonly string name;
    private readonly int channels;
    private readonly Range place;
    private readonly int count;
    private readonly long[] channelZeros;
    private long zeroChannels;
    private ActiveWeights gradients;
    private Cam updates;

    private LayerProbe(string name, (long Offset, int Rows, long Length) place)
    {
        (this.name, channels) = (name, place.Rows);
        var start = checked((int)place.Offset);
        count = checked((int)(place.Rows * place.Length));
        this.place = start..(start + count);
        channelZeros = new long[channels];
        gradients = ActiveWeightsModule.empty(ActiveWeightsModule.DefaultThreshold, count);
        updates = CamModule.empty(channels);
    }

    /// <summary>In the mean over the iterations, the channels whose gradient is 0 throughout.</summary>
    public Share ZeroChannels => new(zeroChannels, channels * gradients.Iterations);

    /// <summary>In the mean over the iterations, the gradients that are 0.</summary>
    public Share Zeros => new(channelZeros.Sum(), count * gradients.Iterations);

    /// <summary>The weights whose gradient was almost 0 in all iterations.</summary>
    public Share Dead => DeadWeights.share(gradients);

    /// <summary>One probe a binary layer.</summary>
    public static IEnumerable<LayerProbe> Of(TorchNetwork network) =>
        network.Store.Groups.FirstOrDefault(group => group.Group == ParameterGroup.BinaryWeights) is { } group
            ? group.Tensors.Select((place, k) => new LayerProbe(group.Names[k], place))
            : [];

    /// <summary>An iteration's gradients, those of all binary layers.</summary>
    public void Gradients(ReadOnlySpan<float> all)
    {
        var its = all[place];
        var zeros = ChannelGradientsModule.zeros(ChannelGradientsModule.add(its, ChannelGradientsModule.empty(channels)));
        for (var channel = 0; channel < channels; channel++)
        {
            channelZeros[channel] += zeros[channel].Part;
            zeroChannels += zeros[channel].Part == zeros[channel].Whole ? 1 : 0;
        }

        gradients = ActiveWeightsModule.add(its, gradients);
    }

    /// <summary>An iteration's step; the latent weights of all layers.</summary>
    public void Step(ReadOnlySpan<float> before, ReadOnlySpan<float> after) =>
        updates = CamModule.add(Metric.update(before[place], after[place]), updates);

    /// <summary>Of the dead weights those that have moved from <paramref name="halfway"/> on; the latent weights of all layers.</summary>
    public Share Revived(ReadOnlySpan<float> halfway, ReadOnlySpan<float> after) => DeadWeights.revived(
        gradients,
        ActiveWeightsModule.add(
            Metric.update(halfway[place], after[place]), ActiveWeightsModule.empty(ActiveWeightsModule.DefaultThreshold, count)));

    /// <summary>What the layer showed; the latent weights of all layers before the epoch, in the last iterations, and after it.</summary>
    public LayerDiagnostics Diagnostics(ReadOnlySpan<float> before, ReadOnlySpan<float> halfway, ReadOnlySpan<float> after)
    {
        var weights = CamModule.add(after[place], CamModule.empty(channels));
        var epoch = CamModule.add(Metric.update(before[place], after[place]), CamModule.empty(channels));
        var ofChannel = (double)gradients.Iterations * count / channels;
        return new(
            name, CamModule.sdam(weights), CamModule.sdam(epoch), ZeroChannels.Value, Zeros.Value, Dead.Value, Revived(halfway, after).Value,
            QuartilesModule.ofNumbers(CamModule.value(weights)), QuartilesModule.ofNumbers(CamModule.value(epoch)),
            QuartilesModule.ofNumbers(channelZeros.Select(zeros => zeros / ofChannel)))
        {
            Channels = channels,
            IterationUpdateCam = LayerDiagnostics.Kept(CamModule.value(updates)),
            IterationUpdateSdam = CamModule.sdam(updates),
        };
    }

    /// <summary>All that it has gathered.</summary>
    public LayerProbeState Save() => new(zeroChannels, [.. channelZeros], gradients.Iterations)
    {
        Active = ActiveWeightsModule.toBytes(gradients),
        Updates = CamModule.toBytes(updates),
    };

    /// <summary>Whether it can be of a probe of this layer.</summary>
    public bool Fits(LayerProbeState state) => state.ChannelZeros?.Length == channelZeros.Length
        && ActiveWeightsModule.tryOfBytes(ActiveWeightsModule.DefaultThreshold, count, state.Iterations, state.Active) is not null
        && CamModule.tryOfBytes(channels, state.Updates) is not null;

    /// <summary>Takes what a probe of the same layer had gathered.</summary>
    public void Restore(LayerProbeState state)
    {
        zeroChannels = state.ZeroChannels;
        state.ChannelZeros.CopyTo(channelZeros, 0);
        gradients = ActiveWeightsModule.tryOfBytes(ActiveWeightsModule.DefaultThreshold, count, state.Iterations, state.Active)!.Value;
        updates = CamModule.tryOfBytes(channels, state.Updates)!.Value;
    }
}
