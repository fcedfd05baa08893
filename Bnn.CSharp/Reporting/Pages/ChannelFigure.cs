namespace Bnn;

/// <summary>How a quantity that each output channel has is spread over the channels of every binary layer, at an epoch.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="Unit">The vertical axis: quantity and unit.</param>
/// <param name="Note">What a reader should see, below the chart.</param>
/// <param name="IsLog">Whether the vertical axis is logarithmic.</param>
/// <param name="Of">The spread of a layer.</param>
internal sealed record ChannelFigure(string Title, string Unit, string Note, bool IsLog, Func<LayerDiagnostics, Quartiles> Of)
{
    /// <summary>All of them, in a page's order.</summary>
    public static IReadOnlyList<ChannelFigure> All { get; } =
    [
        new(
            "CAM of latent weights", "channel's mean |w|", "The higher a box, the surer the layer's signs; the longer, the more its channels differ.", false,
            layer => layer.Cam),
        new(
            "CAM of updates", "channel's mean |Δw| in the epoch", "What reaches far down are channels that hardly learn; on the axis they stand still.", true,
            layer => layer.UpdateCam),
        new(
            "CAM of updates by iteration", "channel's mean |Δw| of a step", "The mean over the epoch's last iterations: what reaches below another run's boxes learns less than all of its channels.", true,
            layer => layer.IterationUpdates),
        new(
            "Gradients that are 0, by channel", "channel's gradients that are 0 (%)",
            "In the last iterations; a channel near 100 % has no gradient, and its weights are dead.", false,
            layer => Percent(layer.ChannelZeroGradients)),
    ];

    /// <summary>The names of a run's binary layers, in the network's order.</summary>
    public static IReadOnlyList<string> Layers(SavedRun run) =>
        [.. run.Epochs.SelectMany(epoch => epoch.Diagnostics?.Layers ?? []).Select(layer => layer.Name).Distinct()];

    /// <summary>A layer's name without what all have.</summary>
    public static string Short(string weights) => weights.EndsWith(".weight", StringComparison.Ordinal) ? weights[..^".weight".Length] : weights;

    /// <summary>For each epoch the spreads, one a layer of the run; null where there is none.</summary>
    public IReadOnlyList<IReadOnlyList<Quartiles?>> Spreads(SavedRun run)
    {
        var layers = Layers(run);
        Quartiles? Spread(EpochMetrics epoch, string name) =>
            epoch.Diagnostics?.Layers.FirstOrDefault(layer => layer.Name == name) is { } layer && Of(layer) is var spread
            && Numbers(spread).All(double.IsFinite) ? spread : null;
        return [.. run.Epochs.Select(epoch => (IReadOnlyList<Quartiles?>)[.. layers.Select(name => Spread(epoch, name))])];
    }

    /// <summary>Whether there is a spread at any epoch.</summary>
    public bool Exists(SavedRun run) => Spreads(run).Any(epoch => epoch.Any(spread => spread is not null));

    /// <summary>An axis for all epochs of these runs.</summary>
    public Axis Vertical(params IEnumerable<SavedRun> runs) =>
        Axis.Over(runs.SelectMany(Spreads).SelectMany(epoch => epoch).OfType<Quartiles>().SelectMany(Numbers), IsLog);

    /// <summary>The five numbers, from the least to the greatest.</summary>
    public static IReadOnlyList<double> Numbers(Quartiles spread) => [spread.Least, spread.Lower, spread.Median, spread.Upper, spread.Greatest];

    private static Quartiles Percent(Quartiles share) =>
        new(100 * share.Least, 100 * share.Lower, 100 * share.Median, 100 * share.Upper, 100 * share.Greatest);
}
