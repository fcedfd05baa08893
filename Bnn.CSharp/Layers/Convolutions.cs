using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A convolution without bias, padded so that stride 1 keeps the size.</summary>
internal class Convolution : INetworkLayer
{
    private readonly string name;
    private readonly long kernel;
    private readonly long stride;
    private readonly long outputs;
    private readonly bool isBinary;

    public Convolution(ParameterStore store, string name, long inputs, long outputs, long kernel, long stride)
        : this(store, name, inputs, outputs, kernel, stride, isBinary: false)
    {
    }

    protected Convolution(
        ParameterStore store, string name, long inputs, long outputs, long kernel, long stride, bool isBinary)
    {
        (this.name, this.outputs, this.kernel, this.stride, this.isBinary) = (name, outputs, kernel, stride, isBinary);
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

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        var output = new Extent3(outputs, (input.Height - 1) / stride + 1, (input.Width - 1) / stride + 1);
        double products = (double)output.Height * output.Width * Weight.Count;
        rows.Add(isBinary
            ? new(name, $"binary {kernel}x{kernel}", output) { BinaryParameters = Weight.Count, Scales = outputs, BinaryOperations = products }
            : new(name, $"conv {kernel}x{kernel}", output) { RealParameters = Weight.Count, RealOperations = products });
        return output;
    }

    protected virtual Tensor EffectiveWeight(NetworkMode mode) => Weight.Value;
}

/// <summary>A convolution with weights alpha * sign(w), alpha = mean |w| of each output channel, not learned.</summary>
internal sealed class BinaryConvolution(
    ParameterStore store, string name, long inputs, long outputs, long kernel, long stride)
    : Convolution(store, name, inputs, outputs, kernel, stride, isBinary: true)
{
    private static readonly ElementwiseLayer Binarizer = ElementwiseLayer.OfWeights(WeightBinarizer.valueOnly);

    // its place does not matter: it reads no noise
    protected override Tensor EffectiveWeight(NetworkMode mode) =>
        mode.BinaryWeights ? Binarizer.Apply(Weight.Value, mode, 0, null) : Weight.Value;
}
