namespace Bnn;

/// <summary>A line of a chart: a number an epoch, NaN where there is none.</summary>
internal sealed record Series(string Name, IReadOnlyList<double> Values)
{
    /// <summary>Whether it is a ring at each number and no line: for numbers that are much the same as another line's.</summary>
    public bool IsRings { get; init; }
}

/// <summary>A quantity over the epochs.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="Unit">The vertical axis: quantity and unit.</param>
/// <param name="Note">What a reader should know, below the chart.</param>
/// <param name="IsLog">Whether the vertical axis is logarithmic.</param>
/// <param name="Of">The lines for a run.</param>
internal sealed record Figure(string Title, string Unit, string Note, bool IsLog, Func<SavedRun, IReadOnlyList<Series>> Of)
{
    /// <summary>Whether the lines are a layer each, in their order.</summary>
    public bool IsByLayer { get; init; }

    /// <summary>How sure the latent weights are, which is shown beside their histogram.</summary>
    public static Figure Confidence { get; } = new(
        "Sure and unsure latent weights", "latent weights (%)", "The magnitude of a latent weight is the confidence of its sign.", false,
        run =>
        [
            Diagnosed("|w| < 0.1: a small step flips the sign", run, d => 100 * d.LatentWeights.Unsure),
            Diagnosed("|w| > 0.9: sure of the sign", run, d => 100 * d.LatentWeights.Confident),
        ]);

    /// <summary>All other figures of a page, in their order.</summary>
    public static IReadOnlyList<Figure> All { get; } =
    [
        new("Loss", "mean training loss", "In nats where it is a cross-entropy.", false, run => [Each("training", run, e => e.Loss)]),
        new("Top-1", "classified correctly (%)", "Training images as they were trained on; test images after the epoch.", false,
            run =>
            [
                Each("training", run, e => 100 * e.TrainTop1), Each("test", run, e => 100 * e.Top1),
                AtStagesEnd("test, with the weights that the stage leaves", run, stage => 100 * stage.Top1),
            ]),
        new("PSNR", "PSNR (dB)", "Training pictures as they were trained on; test pictures after the epoch.", false,
            run =>
            [
                Each("training", run, e => e.TrainPsnr), Each("test", run, e => e.Psnr),
                AtStagesEnd("test, with the weights that the stage leaves", run, stage => stage.Psnr),
            ]),
        new("Flip-flop ratio FF", "share of signs that change", "In an iteration. High: the signs do not settle. An epoch without a flip has no point.", true,
            run => [Each("in the epoch", run, e => e.FlipFlopRatio), Diagnosed("in the stage so far", run, d => d.FlipFlopRatio)]),
        new("Correlation to initialization C2I", "signs of the stage's start (%)", "The share that is kept. 50 %: the signs have nothing to do with those of the start.", false,
            run => [Diagnosed("C2I", run, d => 100 * d.C2IRatio)]),
        new("Saturation", "sign inputs with |x| > 1 (%)", "By sign, from the first (dark) to the last (light); in the epoch's last iterations.", false,
            run => ByLayer(run, d => d.Saturation, layer => (layer.Name, 100 * layer.Share))) { IsByLayer = true },
        new("SDAM of latent weights", "deviation of channels' mean |w|", "By binary layer, from the first (dark) to the last (light). High: channels differ in confidence.", false,
            run => ByLayer(run, d => d.Layers, layer => (ChannelFigure.Short(layer.Name), layer.Sdam))) { IsByLayer = true },
        new("SDAM of updates", "deviation of channels' mean |Δw|", "By binary layer; Δw: what the whole epoch did to a latent weight. High: some channels learn, others hardly.", true,
            run => ByLayer(run, d => d.Layers, layer => (ChannelFigure.Short(layer.Name), layer.UpdateSdam))) { IsByLayer = true },
        new("Gradients that are 0", "share that is exactly 0 (%)", "Of the binary layers, mean over the epoch's last iterations.", false,
            run =>
            [
                Diagnosed("output channels, throughout", run, d => 100 * d.ZeroGradientChannels),
                Diagnosed("latent weights", run, d => 100 * d.ZeroGradients),
            ]),
        new("Dead weights", "latent weights (%)", "Gradient at most 1 % of the layer's mean magnitude in all of the epoch's last iterations.", false,
            run => [Diagnosed("dead", run, d => 100 * d.DeadWeights)]),
        new("Revived weights", "dead weights that moved (%)", "Of the dead those that the optimizer moved all the same, by more than 1 % of the layer's mean move.", false,
            run => [Diagnosed("revived", run, d => 100 * d.RevivedWeights)]),
        new("Learning rate", "learning rate", "Of the epoch's last iteration.", false, run => [Each("learning rate", run, e => e.LearningRate)]),
    ];

    /// <summary>The lines of a run that have a number anywhere.</summary>
    public IReadOnlyList<Series> Shown(SavedRun run) => [.. Of(run).Where(series => series.Values.Any(double.IsFinite))];

    /// <summary>An axis for these runs.</summary>
    public Axis Vertical(params IEnumerable<SavedRun> runs) =>
        Axis.Over(runs.SelectMany(Shown).SelectMany(series => series.Values), IsLog);

    private static Series Each(string name, SavedRun run, Func<EpochMetrics, double> value) => new(name, [.. run.Epochs.Select(value)]);

    private static Series Diagnosed(string name, SavedRun run, Func<EpochDiagnostics, double> value) =>
        Each(name, run, epoch => epoch.Diagnostics is { } diagnostics ? value(diagnostics) : double.NaN);

    private static Series AtStagesEnd(string name, SavedRun run, Func<StageResult, double> value) =>
        Each(name, run, epoch => epoch.Epoch == epoch.Epochs && epoch.StageIndex < run.Stages.Count ? value(run.Stages[epoch.StageIndex]) : double.NaN) with { IsRings = true };

    private static IReadOnlyList<Series> ByLayer<T>(
        SavedRun run, Func<EpochDiagnostics, IReadOnlyList<T>> layers, Func<T, (string Name, double Value)> shown)
    {
        IReadOnlyList<T> Layers(EpochMetrics epoch) => epoch.Diagnostics is { } diagnostics ? layers(diagnostics) : [];
        var names = run.Epochs.SelectMany(Layers).Select(layer => shown(layer).Name).Distinct();
        return
        [
            .. names.Select(name => Each(
                name, run, epoch => Layers(epoch).Select(shown).Where(layer => layer.Name == name).Select(layer => layer.Value).FirstOrDefault(double.NaN))),
        ];
    }
}
