using System.Text;

namespace Bnn;

/// <summary>What the paper looks at, at the end of an epoch; a line of a run's <c>diagnostics.jsonl</c>. Shares are in 0..1; what does not
/// exist is NaN, null in the file. "The last iterations" are the epoch's last <see cref="Iterations"/>, at most ten.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="StageIndex">The stage's position in the recipe, from 0.</param>
/// <param name="Epoch">The epoch within its stage, from 1.</param>
/// <param name="FlipFlopRatio">FF: mean over the stage's iterations so far of the share of binary-layer weights whose sign changed (the
/// paper, equation 6).</param>
/// <param name="C2IRatio">C2I: share of the signs at the stage's start that the weights still have (the paper, equation 7).</param>
/// <param name="LatentWeights">How the latent weights of all binary layers are spread (the paper, Figure 7).</param>
/// <param name="Layers">The binary layers in the network's order; none in a real network.</param>
/// <param name="Saturation">For each binarization of activations, in the network's order, the share of its inputs with |x| > 1 in the last
/// iterations (the paper, section 4.1); NaN where activations are real.</param>
/// <param name="ZeroGradientChannels">Mean over the last iterations of the share of the binary layers' output channels whose gradient is
/// 0 throughout.</param>
/// <param name="ZeroGradients">Mean over the last iterations of the share of latent weights whose gradient is exactly 0.</param>
/// <param name="DeadWeights">Share of the latent weights whose gradient was almost 0 (at most 1 % of their layer's mean magnitude) in all of
/// the last iterations. The paper (section 4.1) gives no formula; this is ours.</param>
/// <param name="RevivedWeights">Share of the dead weights that the optimizer moved all the same in the later half of the last iterations: by
/// more than 1 % of their layer's mean move. NaN where none is dead.</param>
/// <param name="Iterations">How many iterations the last iterations are.</param>
public sealed record EpochDiagnostics(
    string Stage, int StageIndex, int Epoch, double FlipFlopRatio, double C2IRatio, LatentSpread LatentWeights,
    IReadOnlyList<LayerDiagnostics> Layers, IReadOnlyList<LayerSaturation> Saturation, double ZeroGradientChannels,
    double ZeroGradients, double DeadWeights, double RevivedWeights, int Iterations)
{
    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>How latent weights are spread. The magnitude of a latent weight is the confidence of its sign.</summary>
/// <param name="Limit">The bins cover -Limit to Limit and are equally wide.</param>
/// <param name="Counts">How many weights are in each bin; their number is odd.</param>
/// <param name="Below">How many are below -Limit.</param>
/// <param name="Above">How many are above Limit.</param>
/// <param name="NotNumbers">How many are NaN; they are in no bin and no share.</param>
/// <param name="Least">The least weight; NaN where there is none.</param>
/// <param name="Greatest">The greatest weight; NaN where there is none.</param>
/// <param name="Confident">The share with |w| > 0.9.</param>
/// <param name="Unsure">The share with |w| &lt; 0.1.</param>
/// <param name="Peaks">Where the smoothed histogram has peaks that are not chance, from left to right.</param>
public sealed record LatentSpread(
    double Limit, IReadOnlyList<long> Counts, long Below, long Above, long NotNumbers, double Least, double Greatest, double Confident,
    double Unsure, IReadOnlyList<double> Peaks)
{
    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>What one binary layer showed at the end of an epoch; terms as in <see cref="EpochDiagnostics"/>.</summary>
/// <param name="Name">The name of its weights.</param>
/// <param name="Sdam">SDAM of the latent weights: the standard deviation over the output channels of mean |w|.</param>
/// <param name="UpdateSdam">SDAM of what the epoch did to the latent weights, |w after - w before|.</param>
/// <param name="ZeroGradientChannels">Share of its output channels whose gradient is 0 throughout.</param>
/// <param name="ZeroGradients">Share of its weights whose gradient is exactly 0.</param>
/// <param name="DeadWeights">Share of its weights that are dead.</param>
/// <param name="RevivedWeights">Share of the dead that moved all the same.</param>
/// <param name="Cam">CAM of the latent weights: mean |w| of each output channel (the paper, section 4.1, Figure 4).</param>
/// <param name="UpdateCam">CAM of what the epoch did to the latent weights, |w after - w before| (the paper, Figure 5).</param>
/// <param name="ChannelZeroGradients">For each output channel the share of its gradients that are exactly 0, in the last iterations.</param>
public sealed record LayerDiagnostics(
    string Name, double Sdam, double UpdateSdam, double ZeroGradientChannels, double ZeroGradients, double DeadWeights, double RevivedWeights,
    Quartiles Cam, Quartiles UpdateCam, Quartiles ChannelZeroGradients)
{
    private const int MostKept = 101;

    /// <summary>How many output channels it has; 0 in files that do not say.</summary>
    public int Channels { get; init; }

    /// <summary>CAM of updates by iteration: for each output channel the mean of |w after a step - w before it| over its weights and over the last iterations (the paper, section 4.1 and
    /// Figure 5, where SGD's updates are below Adam's least in 34.3 % of the kernels). In ascending order; of a layer with more than 101 channels the 101 percentiles of all of them, from
    /// the least to the greatest. Channels that are NaN are left out. Empty in files that have none.</summary>
    public IReadOnlyList<double> IterationUpdateCam { get; init; } = [];

    /// <summary>SDAM of updates by iteration: the standard deviation over the output channels of the CAM of which <see cref="IterationUpdateCam"/> tells; NaN in files that have none.</summary>
    public double IterationUpdateSdam { get; init; } = double.NaN;

    /// <summary>How <see cref="IterationUpdateCam"/> is spread.</summary>
    internal Quartiles IterationUpdates => QuartilesModule.ofNumbers(IterationUpdateCam);

    /// <summary>The share of the output channels, in 0..1, whose update CAM by iteration is below a limit, for instance the least of another run's; exact up to 101 channels, else between two
    /// percentiles. NaN where there is none.</summary>
    public double UpdatesBelow(double limit) => QuartilesModule.shareBelow(Channels > MostKept, limit, IterationUpdateCam);

    /// <summary>What is kept of the channels' numbers.</summary>
    internal static IReadOnlyList<double> Kept(IEnumerable<double> channels) => QuartilesModule.ascending(MostKept, channels);

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>The saturation of one binarization of activations.</summary>
/// <param name="Name">The name of the sign.</param>
/// <param name="Share">The share of its inputs, after a learned shift, with |x| > 1; behind a layer that only clips, of what came before the clip.</param>
public sealed record LayerSaturation(string Name, double Share)
{
    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}
