using static TorchSharp.torch;

namespace Bnn;

/// <summary>Binarizes activations: ApproxSign of x + shift where a shift is learned for each channel (RSign), else of x. Where the
/// network's activations are real, x + shift clipped to -1..1 takes its place.</summary>
internal sealed class ActivationSign : INetworkLayer
{
    private readonly string name;
    private readonly NetworkTensor? shift;
    private readonly ElementwiseLayer sign;
    private readonly int number;

    private ActivationSign(string name, ElementwiseLayer sign, NetworkTensor? shift, int number) =>
        (this.name, this.sign, this.shift, this.number) = (name, sign, shift, number);

    /// <summary>ApproxSign(x + shift), the shift learned for each channel.</summary>
    public static ActivationSign Shifted(ParameterStore store, string name, long channels) => new(
        name,
        ElementwiseLayer.ShiftedSign,
        store.Parameter($"{name}.bias", ParameterGroup.ShiftsAndScales, [1, channels, 1, 1], Initial.Constant(0, 1, channels, 1, 1)),
        store.NumberOfSign(name));

    /// <summary>sign(x) with a surrogate.</summary>
    public static ActivationSign Of(ParameterStore store, string name, ElementwiseLayer sign) => new(name, sign, null, store.NumberOfSign(name));

    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        if (!mode.BinaryActivations)
        {
            return (shift is null ? x : x.Plus(shift.Value)).ClippedToOne();
        }

        Action<double[]>? watch = mode.Watch?.Invoke(number) is { } tell ? sums => tell(sums.Sum(), x.numel()) : null;
        return sign.Apply(x, mode, number, watch, shift is null ? [] : [shift.Value]);
    }

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        rows.Add(new(name, "sign", input) { RealParameters = shift?.Count ?? 0 });
        return input;
    }
}

/// <summary>RPReLU: PReLU of x + before, + after; all learned for each channel.</summary>
internal sealed class ShiftedPRelu(ParameterStore store, string before, string prelu, string after, long channels)
    : INetworkLayer
{
    private readonly NetworkTensor shiftBefore = store.Parameter(
        $"{before}.bias", ParameterGroup.ShiftsAndScales, [1, channels, 1, 1], Initial.Constant(0, 1, channels, 1, 1));

    private readonly NetworkTensor slope = store.Parameter(
        $"{prelu}.weight", ParameterGroup.Slopes, [channels], Initial.Constant(0.25, channels));

    private readonly NetworkTensor shiftAfter = store.Parameter(
        $"{after}.bias", ParameterGroup.ShiftsAndScales, [1, channels, 1, 1], Initial.Constant(0, 1, channels, 1, 1));

    public Tensor Forward(Tensor x, NetworkMode mode) => ElementwiseLayer.ShiftedPRelu.Apply(
        x, mode, 0, null, shiftBefore.Value, slope.Value, shiftAfter.Value);

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        rows.Add(new(prelu, "shifted PReLU", input) { RealParameters = 3 * channels });
        return input;
    }
}

/// <summary>PReLU: x where x > 0, else slope x; the slope learned for each channel.</summary>
internal sealed class PRelu(ParameterStore store, string name, long channels) : INetworkLayer
{
    private readonly NetworkTensor slope = store.Parameter(
        $"{name}.weight", ParameterGroup.Slopes, [channels], Initial.Constant(0.25, channels));

    public Tensor Forward(Tensor x, NetworkMode mode) =>
        ElementwiseLayer.PRelu.Apply(x, mode, 0, null, slope.Value);

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        rows.Add(new(name, "PReLU", input) { RealParameters = channels });
        return input;
    }
}

/// <summary>x times a factor for each channel, one for each row and one for each column, all learned (Martinez et al., ICLR 2020,
/// section 4.1). It knows the size of its input.</summary>
internal sealed class FactoredScale(ParameterStore store, string name, Extent3 size) : INetworkLayer
{
    private readonly NetworkTensor[] factors =
    [
        Factor(store, $"{name}.channels", size.Channels, 1, 1),
        Factor(store, $"{name}.rows", 1, size.Height, 1),
        Factor(store, $"{name}.columns", 1, 1, size.Width),
    ];

    // the product of the factors is small, so that the activations are read and written once
    public Tensor Forward(Tensor x, NetworkMode mode) => x * (factors[0].Value * factors[1].Value * factors[2].Value);

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        rows.Add(new(name, "scale", input) { RealParameters = factors.Sum(factor => factor.Count) });
        return input;
    }

    private static NetworkTensor Factor(ParameterStore store, string name, params long[] shape) =>
        store.Parameter(name, ParameterGroup.ShiftsAndScales, [1, .. shape], Initial.Constant(1, [1, .. shape]));
}
