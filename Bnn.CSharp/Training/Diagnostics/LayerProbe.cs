using Bnn.Core;

namespace Bnn;

/// <summary>Gathers what one binary layer shows in the last iterations of an epoch.</summary>
internal sealed class LayerProbe
{
    private readonly string name;
    private readonly int channels;
    private readonly Range place;
    private ActiveWeights gradients;

    private LayerProbe(string name, (long Offset, int Rows, long Length) place)
    {
        (this.name, channels) = (name, place.Rows);
        var (start, count) = (checked((int)place.Offset), checked((int)(place.Rows * place.Length)));
        this.place = start..(start + count);
        gradients = ActiveWeightsModule.empty(ActiveWeightsModule.DefaultThreshold, count);
    }

    /// <summary>In the mean over the iterations, the channels whose gradient is 0 throughout.</summary>
    public Share ZeroChannels { get; private set; } = ShareModule.empty;

    /// <summary>In the mean over the iterations, the gradients that are 0.</summary>
    public Share Zeros { get; private set; } = ShareModule.empty;

    /// <summary>The weights whose gradient was almost 0 in all iterations.</summary>
    public Share Dead => DeadWeights.share(gradients);

    /// <summary>One probe a binary layer.</summary>
    public static IEnumerable<LayerProbe> Of(Network network) =>
        network.Store.Groups.FirstOrDefault(group => group.Group == ParameterGroup.BinaryWeights) is { } group
            ? group.Tensors.Select((place, k) => new LayerProbe(group.Names[k], place))
            : [];

    /// <summary>An iteration's gradients, those of all binary layers.</summary>
    public void Gradients(ReadOnlySpan<float> all)
    {
        var its = all[place];
        var zeros = ChannelGradientsModule.zeros(ChannelGradientsModule.add(its, ChannelGradientsModule.empty(channels)));
        ZeroChannels = ShareModule.add(zeros.LongCount(channel => channel.Part == channel.Whole), channels, ZeroChannels);
        Zeros = zeros.Aggregate(Zeros, ShareModule.merge);
        gradients = ActiveWeightsModule.add(its, gradients);
    }

    /// <summary>Of the dead weights those that have moved from <paramref name="halfway"/> on; the latent weights of all layers.</summary>
    public Share Revived(ReadOnlySpan<float> halfway, ReadOnlySpan<float> after) => DeadWeights.revived(
        gradients,
        ActiveWeightsModule.add(
            Metric.update(halfway[place], after[place]),
            ActiveWeightsModule.empty(ActiveWeightsModule.DefaultThreshold, gradients.Count)));

    /// <summary>What the layer showed; the latent weights of all layers before the epoch, in the last iterations, and after it.</summary>
    public LayerDiagnostics Diagnostics(ReadOnlySpan<float> before, ReadOnlySpan<float> halfway, ReadOnlySpan<float> after) => new(
        name, Sdam(after[place]), Sdam(Metric.update(before[place], after[place])), ZeroChannels.Value, Zeros.Value, Dead.Value,
        Revived(halfway, after).Value);

    private double Sdam(ReadOnlySpan<float> values) => CamModule.sdam(CamModule.add(values, CamModule.empty(channels)));
}
