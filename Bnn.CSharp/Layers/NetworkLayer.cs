using static TorchSharp.torch;

namespace Bnn;

/// <summary>A part of a network: what it makes of a batch, and what it costs for one image.</summary>
internal interface INetworkLayer
{
    /// <summary>The layer's output for a batch N x C x H x W.</summary>
    Tensor Forward(Tensor x, NetworkMode mode);

    /// <summary>The size of the output for an input of this size; adds a row for each part that has parameters or costs.</summary>
    Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows);
}

/// <summary>Layers one after the other.</summary>
internal sealed class Sequential(params INetworkLayer[] layers) : INetworkLayer
{
    public Tensor Forward(Tensor x, NetworkMode mode) =>
        layers.Aggregate(x, (activation, layer) => layer.Forward(activation, mode));

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows) =>
        layers.Aggregate(input, (size, layer) => layer.Trace(size, rows));
}

/// <summary>after(body(x) + shortcut(x)); without a shortcut x itself is added.</summary>
internal sealed class Residual(INetworkLayer body, INetworkLayer? after, INetworkLayer? shortcut) : INetworkLayer
{
    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        var sum = body.Forward(x, mode) + (shortcut?.Forward(x, mode) ?? x);
        return after?.Forward(sum, mode) ?? sum;
    }

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        var output = body.Trace(input, rows);
        _ = after?.Trace(output, rows);
        _ = shortcut?.Trace(input, rows);
        return output;
    }
}

/// <summary>A function of torch's without parameters, and the size that it gives.</summary>
internal sealed class Function(Func<Tensor, Tensor> forward, Func<Extent3, Extent3>? size = null) : INetworkLayer
{
    public static Function Relu { get; } = new(x => nn.functional.relu(x));

    /// <summary>x clipped to -1..1.</summary>
    public static Function HardTanh { get; } = new(x => x.clamp(-1, 1));

    /// <summary>The mean over each channel: N x C.</summary>
    public static Function GlobalMean { get; } = new(x => x.mean([2, 3]), input => new(input.Channels, 1, 1));

    /// <summary>All numbers of an image in a row: N x (C H W).</summary>
    public static Function Flatten { get; } = new(x => x.flatten(1), input => new(checked(input.Channels * input.Height * input.Width), 1, 1));

    /// <summary>The largest of 3 x 3 neighbours, in every second place: the published stems'.</summary>
    public static Function StemPool { get; } = new(
        x => nn.functional.max_pool2d(x, [3, 3], [2, 2], [1, 1]), Extent3.Halved);

    /// <summary>The largest of 2 x 2 neighbours; those at an odd border are fewer.</summary>
    public static Function MaxPool { get; } = new(
        x => nn.functional.max_pool2d(x, [2, 2], [2, 2], ceil_mode: true), Extent3.Halved);

    /// <summary>The mean of 2 x 2 neighbours; at an odd border of those that there are. The reference's on even sizes.</summary>
    public static Function MeanPool { get; } = new(
        x => nn.functional.avg_pool2d(x, [2, 2], [2, 2], ceil_mode: true, count_include_pad: false), Extent3.Halved);

    public Tensor Forward(Tensor x, NetworkMode mode) => forward(x);

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows) => size?.Invoke(input) ?? input;
}

/// <summary>First values of parameters.</summary>
internal static class Initial
{
    public static Func<Generator, Tensor> Constant(double value, params long[] shape) => _ => full(shape, value);

    /// <summary>Uniform in +-1 / sqrt(inputs of one output), as torch initializes convolutions and linear layers.</summary>
    public static Func<Generator, Tensor> Uniform(long fanIn, params long[] shape) =>
        generator => (rand(shape, generator: generator) * 2 - 1) / Math.Sqrt(fanIn);
}
