using static TorchSharp.torch;

namespace Bnn;

/// <summary>How a tensor's numbers belong to channels.</summary>
/// <param name="Rows">Runs of consecutive numbers of one channel.</param>
/// <param name="Length">Numbers in a run.</param>
/// <param name="Channels">Run r belongs to channel r mod Channels.</param>
internal readonly record struct ChannelLayout(int Rows, long Length, int Channels)
{
    /// <summary>All numbers are one run.</summary>
    public static ChannelLayout Flat(Tensor x) => new(1, x.numel(), 1);

    /// <summary>Activations N x C x H x W: channel is the second dimension.</summary>
    public static ChannelLayout Activations(Tensor x) =>
        new((int)(x.shape[0] * x.shape[1]), x.numel() / (x.shape[0] * x.shape[1]), (int)x.shape[1]);

    /// <summary>Weights O x I x k x k: channel is the first dimension.</summary>
    public static ChannelLayout Weights(Tensor w) => new((int)w.shape[0], w.numel() / w.shape[0], (int)w.shape[0]);

    /// <summary>A parameter's numbers: channel is the first dimension of a weight. What else is learned has one number a channel, in the one
    /// dimension of more than one number; a parameter with several such dimensions is taken for a weight.</summary>
    public static ChannelLayout Parameter(bool isWeight, long[] shape)
    {
        var isVector = !isWeight && shape.Count(size => size > 1) <= 1;
        var channels = isVector ? shape.FirstOrDefault(size => size > 1, 1) : shape[0];
        return new((int)channels, shape.Aggregate(1L, (a, b) => a * b) / channels, (int)channels);
    }

    /// <summary>How many numbers there are.</summary>
    public long Count => Rows * Length;

    internal Shape Shape => new(Rows, Length, Channels);
}

/// <summary>A pass of the core on torch tensors: on the CPU its compiled loop runs on their memory, elsewhere the same
/// formulas are evaluated over tensors. The device decides.</summary>
internal sealed class CompiledPass(Pass pass)
{
    private readonly Lazy<Kernel> single = new(() => KernelModule.single(Width.Widest, pass));
    private readonly Lazy<Kernel> wide = new(() => KernelModule.@double(Width.Widest, pass));

    public Pass Pass => pass;

    /// <summary>For passes that read nothing of a kind.</summary>
    /// <exception cref="InvalidOperationException">Always: a name without a value is a fault, never a NaN.</exception>
    public static T Nothing<T>(string name) => throw new InvalidOperationException($"{name} has no value here");

    /// <summary>Runs the pass. Stored arrays are overwritten in place.</summary>
    /// <param name="layout">How the arrays' numbers belong to channels.</param>
    /// <param name="like">A tensor of the arrays' type, device and number of elements.</param>
    /// <param name="array">The tensor of each array by its name: contiguous, all of one type, device and shape.</param>
    /// <param name="row">The tensor of each input that has one number a channel, by its name.</param>
    /// <param name="once">What the pass reads once a step.</param>
    /// <returns>The reductions; reduction s of channel c is at c * SumCount + s.</returns>
    public double[] Run(
        ChannelLayout layout, Tensor like, Func<string, Tensor> array, Func<string, Tensor> row, Func<string, double> once)
    {
        var arrays = Array.ConvertAll(pass.Arrays, name => array(name));
        var rows = Array.ConvertAll(pass.Rows, name => row(name));
        if (like.device_type != TorchSharp.DeviceType.CPU)
        {
            return OnTensors(layout, like, arrays, rows, once);
        }

        var sums = OnMemory(layout.Shape, PiecesModule.one(like.numel(), Array.ConvertAll(arrays, Memory.Of)), rows, once, like.dtype);
        GC.KeepAlive(arrays);
        return sums;
    }

    /// <summary>Runs the pass over torch operations, whatever the device.</summary>
    internal double[] OnTensors(
        ChannelLayout layout, Tensor like, Tensor[] arrays, Tensor[] rows, Func<string, double> once)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var shape = new long[] { -1, layout.Channels, layout.Length };
        var values = new Dictionary<string, Tensor>();
        for (var k = 0; k < arrays.Length; k++)
        {
            values[pass.Arrays[k]] = arrays[k].view(shape);
        }

        for (var k = 0; k < rows.Length; k++)
        {
            values[pass.Rows[k]] = rows[k].view(1, layout.Channels, 1);
        }

        var hoisted = Algebra.once(FSharpFunctions.Of(once), pass.Graph);
        var roots = Algebra.evaluateStep(
            TensorAlgebra.Of(like.dtype), hoisted, FSharpFunctions.Of<string, Tensor>(name => values[name]), pass.Graph);

        // Everything is computed before anything is stored.
        for (var k = 0; k < pass.Stores.Length; k++)
        {
            values[pass.Arrays[pass.Stores[k]]].copy_(roots[k].broadcast_to(values[pass.Arrays[pass.Stores[k]]].shape));
        }

        var sums = new double[layout.Channels * pass.SumCount];
        for (var s = 0; s < pass.SumCount; s++)
        {
            var all = roots[pass.Stores.Length + s].to(ScalarType.Float64, like.device).broadcast_to(like.view(shape).shape);
            var reduced = pass.Reductions[s].IsSum ? all.sum(new long[] { 0, 2 }) : all.abs().amax(new long[] { 0, 2 });
            var summed = reduced.cpu().data<double>();
            for (var c = 0; c < layout.Channels; c++)
            {
                sums[c * pass.SumCount + s] = summed[c];
            }
        }

        return sums;
    }

    /// <summary>Runs the compiled pass on memory of the CPU. Stored arrays are overwritten in place.</summary>
    /// <param name="shape">How the arrays' numbers belong to channels.</param>
    /// <param name="pieces">Where the arrays lie, which the caller keeps alive.</param>
    /// <param name="rows">For each input that has one number a channel its tensor, of the arrays' type.</param>
    /// <param name="once">What the pass reads once a step.</param>
    /// <param name="type">The arrays' type.</param>
    /// <returns>The reductions; reduction s of channel c is at c * SumCount + s.</returns>
    internal double[] OnMemory(Shape shape, Pieces pieces, Tensor[] rows, Func<string, double> once, ScalarType type)
    {
        var kernel = type switch
        {
            ScalarType.Float32 => single.Value,
            ScalarType.Float64 => wide.Value,
            _ => throw new NotSupportedException($"tensors of type {type}: compiled loops are for Float32 and Float64"),
        };
        var uniforms = PassModule.uniforms(FSharpFunctions.Of(once), pass);
        var sums = KernelModule.runPieces(kernel, get_num_threads(), shape, uniforms, Array.ConvertAll(rows, Memory.Of), pieces);
        GC.KeepAlive(rows);
        return sums;
    }
}
