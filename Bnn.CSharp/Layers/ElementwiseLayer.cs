using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>What an element-wise layer is applied to.</summary>
/// <param name="Layout">How a tensor's numbers belong to channels.</param>
/// <param name="ByImage">Whether the first dimension counts images: then a formula reduces over one image, never over its batch.</param>
internal sealed record Operand(Func<Tensor, ChannelLayout> Layout, bool ByImage)
{
    /// <summary>Weights O x I x k x k or O x I: a channel is an output channel, the whole is the tensor.</summary>
    public static Operand Weights { get; } = new(ChannelLayout.Weights, ByImage: false);

    /// <summary>Activations N x C x H x W or N x C: a channel is one of an image's channels, the whole is the image.</summary>
    public static Operand Activations { get; } = new(ChannelLayout.Activations, ByImage: true);
}

/// <summary>An element-wise layer of the core on torch tensors: a formula for training and one for evaluation, with passes forward and
/// backward passes that are derived from them. It has no state; a network may use one in many places.</summary>
internal sealed class ElementwiseLayer
{
    // Compiling costs more than a small network's batch, and a network uses one formula in many places.
    private static readonly ConcurrentDictionary<(Binarizer, Operand, bool), ElementwiseLayer> Made = [];
    private static readonly ConcurrentDictionary<Elementwise, ElementwiseLayer> MadeOfFormulas = [];

    private readonly Operand operand;
    private readonly CompiledFormula training;
    private readonly CompiledFormula evaluation;

    /// <param name="operand">What it is applied to.</param>
    /// <param name="training">The formula in training.</param>
    /// <param name="evaluation">The formula outside training, over the same learned numbers.</param>
    /// <param name="watched">What a watched forward pass adds up over all numbers.</param>
    public ElementwiseLayer(Operand operand, Elementwise training, Elementwise evaluation, params Expr[] watched)
    {
        this.operand = operand;
        this.training = new(training, watched);
        this.evaluation = evaluation.Equals(training) ? this.training : new(evaluation, watched);
    }

    /// <summary>The names of a channel's learned numbers, in the order in which <see cref="Apply"/> takes them.</summary>
    public IReadOnlyList<string> Parameters => training.Parameters;

    /// <summary>The binarizer, with its scale, of weights. The same binarizer gives the same layer.</summary>
    public static ElementwiseLayer OfWeights(Binarizer binarizer) => Made.GetOrAdd((binarizer, Operand.Weights, false), _ => new(
        Operand.Weights, ElementwiseModule.ofBinarizer(binarizer), ElementwiseModule.ofBinarizer(BinarizerModule.evaluation(binarizer))));

    /// <summary>The binarizer of activations, of x or of x + shift with a shift that is learned for each channel, the first of the
    /// parameters; a watched pass counts the saturated. The same binarizer gives the same layer.</summary>
    public static ElementwiseLayer OfActivation(Binarizer binarizer, bool shifted) => Made.GetOrAdd((binarizer, Operand.Activations, shifted), _ =>
    {
        Elementwise Layer(Binarizer form) => shifted ? ElementwiseModule.shiftedSign(form) : ElementwiseModule.ofBinarizer(form);
        return new(
            Operand.Activations, Layer(binarizer), Layer(BinarizerModule.evaluation(binarizer)),
            Metric.saturated(shifted ? ElementwiseModule.shifted : BinarizerModule.x));
    });

    /// <summary>A formula of activations that is the same in training and outside. The same formula gives the same layer.</summary>
    public static ElementwiseLayer OfActivation(Elementwise formula) =>
        MadeOfFormulas.GetOrAdd(formula, _ => new(Operand.Activations, formula, formula));

    /// <summary>The layer's output, of x's shape, as a part of torch's graph.</summary>
    /// <param name="x">Contiguous or not.</param>
    /// <param name="mode">Training or not, and where in it: what t, T and noise are.</param>
    /// <param name="place">The layer's number in its network, for its noise: no two that read noise have the same.</param>
    /// <param name="watch">Given what a watched pass adds up for each channel, over all images, if anything is to be watched.</param>
    /// <param name="parameters">The learned numbers, in the order of <see cref="Parameters"/>, one number a channel each, in x's type.</param>
    /// <exception cref="ArgumentException">The parameters are too few or many, or not of one number a channel in x's type.</exception>
    /// <exception cref="InvalidOperationException">The formula reads t, T or noise, and the mode has none.</exception>
    public Tensor Apply(Tensor x, NetworkMode mode, int place, Action<double[]>? watch, params Tensor[] parameters)
    {
        var formula = mode.IsLearning ? training : evaluation;
        Check(formula, x, parameters);
        formula.RequireMoment(mode);
        var call = new ElementwiseCall(formula, operand, mode.Moment, place, mode.Faults ?? BackwardFaults.OfThread, watch);
        return is_grad_enabled()
            ? ElementwiseFunction.apply([call, x, .. parameters])
            : call.Forward(x.contiguous(), parameters);
    }

    private void Check(CompiledFormula formula, Tensor x, Tensor[] parameters)
    {
        if (parameters.Length != Parameters.Count)
        {
            throw new ArgumentException(
                $"{formula.Name}: {parameters.Length} tensors of learned numbers; it has {Parameters.Count}: {string.Join(", ", Parameters)}",
                nameof(parameters));
        }

        for (var k = 0; k < parameters.Length; k++)
        {
            var channels = operand.Layout(x).Channels;
            if (parameters[k].numel() != channels || parameters[k].dtype != x.dtype)
            {
                throw new ArgumentException(
                    $"{formula.Name}: {Parameters[k]} has {parameters[k].numel()} numbers of {parameters[k].dtype}; give one for each of {channels} channels, of {x.dtype}",
                    nameof(parameters));
            }
        }
    }
}
