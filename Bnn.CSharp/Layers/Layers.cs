using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A part of a network: what it makes of a batch, and what it costs for one image.</summary>
internal interface INetworkLayer
{
    /// <summary>The layer's output for a batch N x C x H x W.</summary>
    Tensor Forward(Tensor x, NetworkMode mode);

    /// <summary>The size of the output for an input of this size, and the cost of one image.</summary>
    (Extent3 Output, NetworkCost Cost) Trace(Extent3 input);
}

/// <summary>First values of parameters.</summary>
internal static class Initial
{
    public static Func<Generator, Tensor> Constant(double value, params long[] shape) => _ => full(shape, value);

    /// <summary>Uniform in +-1 / sqrt(inputs of one output), as torch initializes convolutions and linear layers.</summary>
    public static Func<Generator, Tensor> Uniform(long fanIn, params long[] shape) =>
        generator => (rand(shape, generator: generator) * 2 - 1) / Math.Sqrt(fanIn);
}

/// <summary>RSign: sign(x + shift), shift learned for each channel.</summary>
internal sealed class ShiftedSign(ParameterStore store, string name, long channels, bool isFirst) : INetworkLayer
{
    private readonly NetworkTensor shift = store.Parameter(
        $"{name}.bias", ParameterGroup.Biases, [1, channels, 1, 1], Initial.Constant(0, 1, channels, 1, 1));

    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        if (!mode.BinaryActivations)
        {
            return (x + shift.Value).clamp(-1, 1);
        }

        Action<double[]>? watch =
            isFirst && mode.Watch is { } tell ? sums => tell(sums.Sum(), x.numel()) : null;
        return ElementwiseLayer.ShiftedSign.Apply(x, ChannelLayout.Activations, null, watch, shift.Value);
    }

    public (Extent3 Output, NetworkCost Cost) Trace(Extent3 input) => (input, default);
}

/// <summary>RPReLU: PReLU of x + before, + after; all learned for each channel.</summary>
internal sealed class ShiftedPRelu(ParameterStore store, string before, string prelu, string after, long channels)
    : INetworkLayer
{
    private readonly NetworkTensor shiftBefore = store.Parameter(
        $"{before}.bias", ParameterGroup.Biases, [1, channels, 1, 1], Initial.Constant(0, 1, channels, 1, 1));

    private readonly NetworkTensor slope = store.Parameter(
        $"{prelu}.weight", ParameterGroup.Biases, [channels], Initial.Constant(0.25, channels));

    private readonly NetworkTensor shiftAfter = store.Parameter(
        $"{after}.bias", ParameterGroup.Biases, [1, channels, 1, 1], Initial.Constant(0, 1, channels, 1, 1));

    public Tensor Forward(Tensor x, NetworkMode mode) => ElementwiseLayer.ShiftedPRelu.Apply(
        x, ChannelLayout.Activations, null, null, shiftBefore.Value, slope.Value, shiftAfter.Value);

    public (Extent3 Output, NetworkCost Cost) Trace(Extent3 input) => (input, default);
}

/// <summary>A convolution without bias, padded so that stride 1 keeps the size.</summary>
internal class Convolution : INetworkLayer
{
    private readonly long kernel;
    private readonly long stride;
    private readonly long outputs;
    private readonly bool isBinary;

    public Convolution(
        ParameterStore store, string name, long inputs, long outputs, long kernel, long stride, bool isBinary)
    {
        (this.outputs, this.kernel, this.stride, this.isBinary) = (outputs, kernel, stride, isBinary);
        long[] shape = [outputs, inputs, kernel, kernel];
        Weight = store.Parameter(
            $"{name}.weight",
            isBinary ? ParameterGroup.BinaryWeights : ParameterGroup.RealConvolutions,
            shape,
            Initial.Uniform(inputs * kernel * kernel, shape));
    }

    protected NetworkTensor Weight { get; }

    public Tensor Forward(Tensor x, NetworkMode mode) =>
        nn.functional.conv2d(x, EffectiveWeight(mode), strides: [stride, stride], padding: [kernel / 2, kernel / 2]);

    public (Extent3 Output, NetworkCost Cost) Trace(Extent3 input)
    {
        var output = new Extent3(outputs, (input.Height - 1) / stride + 1, (input.Width - 1) / stride + 1);
        double products = (double)output.Height * output.Width * Weight.Count;
        return (output, isBinary ? new NetworkCost(products, 0) : new NetworkCost(0, products));
    }

    protected virtual Tensor EffectiveWeight(NetworkMode mode) => Weight.Value;
}

/// <summary>A convolution with weights alpha * sign(w), alpha = mean |w| of each output channel, not learned.</summary>
internal sealed class BinaryConvolution(
    ParameterStore store, string name, long inputs, long outputs, long kernel, long stride)
    : Convolution(store, name, inputs, outputs, kernel, stride, isBinary: true)
{
    protected override Tensor EffectiveWeight(NetworkMode mode)
    {
        if (!mode.BinaryWeights)
        {
            return Weight.Value;
        }

        var scale = RowScale.MeanMagnitude(Weight.Value);
        return ElementwiseLayer.BinaryWeight.Apply(
            Weight.Value, ChannelLayout.Weights, ("alpha", scale), null);
    }
}

/// <summary>Batch norm over channels: momentum 0.1, epsilon 1e-5.</summary>
internal sealed class BatchNorm(ParameterStore store, string name, long channels) : INetworkLayer
{
    private readonly NetworkTensor weight = store.Parameter(
        $"{name}.weight", ParameterGroup.Norms, [channels], Initial.Constant(1, channels));

    private readonly NetworkTensor bias = store.Parameter(
        $"{name}.bias", ParameterGroup.Norms, [channels], Initial.Constant(0, channels));

    private readonly NetworkTensor mean = store.Buffer(
        $"{name}.running_mean", [channels], Initial.Constant(0, channels));

    private readonly NetworkTensor variance = store.Buffer(
        $"{name}.running_var", [channels], Initial.Constant(1, channels));

    private readonly NetworkTensor batches = store.Buffer(
        $"{name}.num_batches_tracked", [], _ => zeros([], ScalarType.Int64));

    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        if (mode.Training)
        {
            batches.Value.add_(1);
        }

        return nn.functional.batch_norm(
            x, mean.Value, variance.Value, weight.Value, bias.Value, mode.Training, momentum: 0.1, eps: 1e-5);
    }

    public (Extent3 Output, NetworkCost Cost) Trace(Extent3 input) => (input, default);
}

/// <summary>The classifier: the mean over each channel, then a linear layer with bias.</summary>
internal sealed class Classifier(ParameterStore store, string name, long channels, long classes) : INetworkLayer
{
    private readonly NetworkTensor weight = store.Parameter(
        $"{name}.weight", ParameterGroup.Classifier, [classes, channels], Initial.Uniform(channels, classes, channels));

    private readonly NetworkTensor bias = store.Parameter(
        $"{name}.bias", ParameterGroup.Classifier, [classes], Initial.Uniform(channels, classes));

    public Tensor Forward(Tensor x, NetworkMode mode) =>
        nn.functional.linear(x.mean([2, 3]), weight.Value, bias.Value);

    public (Extent3 Output, NetworkCost Cost) Trace(Extent3 input) =>
        (new Extent3(classes, 1, 1), new NetworkCost(0, channels * classes));
}
