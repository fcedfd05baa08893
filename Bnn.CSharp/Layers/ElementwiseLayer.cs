using Microsoft.FSharp.Collections;
using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>An element-wise layer of the core, compiled: one pass forward, one pass backward that is derived from it.</summary>
internal sealed class ElementwiseLayer
{
    private readonly CompiledPass forward;
    private readonly CompiledPass watchedForward;
    private readonly CompiledPass backward;

    /// <param name="layer">The formula.</param>
    /// <param name="watched">What a watched forward pass adds up over all numbers.</param>
    public ElementwiseLayer(Elementwise layer, params Expr[] watched)
    {
        Parameters = [.. layer.Parameters];
        forward = new CompiledPass(ElementwiseModule.forward(FSharpList<Expr>.Empty, layer));
        watchedForward = new CompiledPass(ElementwiseModule.forward(ListModule.OfArray(watched), layer));
        backward = new CompiledPass(ElementwiseModule.backward(layer));
    }

    /// <summary>RSign: ApproxSign of x + shift; a watched pass counts the saturated.</summary>
    public static ElementwiseLayer ShiftedSign { get; } =
        new(ElementwiseModule.shiftedSign(BinarizerModule.approxSign), Metric.saturated(ElementwiseModule.shifted));

    /// <summary>RPReLU.</summary>
    public static ElementwiseLayer ShiftedPRelu { get; } = new(ElementwiseModule.shiftedPRelu);

    /// <summary>sign(x) with ApproxSign's derivative.</summary>
    public static ElementwiseLayer ApproxSign { get; } = Sign(BinarizerModule.approxSign);

    /// <summary>sign(x) with clip's derivative: 1 where |x| is at most 1.</summary>
    public static ElementwiseLayer ClipSign { get; } = Sign(BinarizerModule.clip);

    /// <summary>PReLU.</summary>
    public static ElementwiseLayer PRelu { get; } = new(ElementwiseModule.prelu);

    /// <summary>Scaled sign of a latent weight with the clip surrogate.</summary>
    public static ElementwiseLayer BinaryWeight { get; } = new(ElementwiseModule.binaryWeight(BinarizerModule.clip));

    /// <summary>The names of a channel's learned numbers, in the order in which <see cref="Apply"/> takes them.</summary>
    public IReadOnlyList<string> Parameters { get; }

    private static ElementwiseLayer Sign(Binarizer binarizer) =>
        new(ElementwiseModule.ofBinarizer(binarizer), Metric.saturated(BinarizerModule.x));

    /// <summary>The layer's output as a part of torch's graph.</summary>
    /// <param name="x">Contiguous or not.</param>
    /// <param name="layout">How x's numbers belong to channels.</param>
    /// <param name="constants">Numbers a channel that are not learned, by name.</param>
    /// <param name="watch">Given what a watched pass adds up, if anything is to be watched.</param>
    /// <param name="parameters">The learned numbers, one tensor a name.</param>
    public Tensor Apply(
        Tensor x, Func<Tensor, ChannelLayout> layout, (string Name, Tensor Value)? constants, Action<double[]>? watch,
        params Tensor[] parameters)
    {
        var call = new Call(this, layout, constants, watch);
        return is_grad_enabled()
            ? ElementwiseFunction.apply([call, x, .. parameters])
            : call.Forward(x.contiguous(), parameters);
    }

    /// <summary>One use of the layer, as torch's graph keeps it.</summary>
    internal sealed class Call(
        ElementwiseLayer layer, Func<Tensor, ChannelLayout> layout, (string Name, Tensor Value)? constants,
        Action<double[]>? watch)
    {
        public Tensor Forward(Tensor x, Tensor[] parameters)
        {
            var y = empty_like(x);
            var pass = watch is null ? layer.forward : layer.watchedForward;
            var sums = pass.Run(layout(x), x, name => name == "y" ? y : x, name => Row(name, parameters), CompiledPass.Nothing<double>);
            watch?.Invoke(sums);
            return y;
        }

        public List<Tensor?> Backward(Tensor x, Tensor[] parameters, Tensor dy)
        {
            var dx = empty_like(x);
            var at = layout(x);
            var sums = layer.backward.Run(
                at,
                x,
                name => name switch { "dx" => dx, "dy" => dy, _ => x },
                name => Row(name, parameters),
                CompiledPass.Nothing<double>);

            var count = layer.backward.Pass.SumCount;
            var gradients = new List<Tensor?> { null, dx };
            for (var k = 0; k < parameters.Length; k++)
            {
                var channel = new double[at.Channels];
                for (var c = 0; c < channel.Length; c++)
                {
                    channel[c] = sums[c * count + k];
                }

                gradients.Add(
                    tensor(channel, parameters[k].dtype, parameters[k].device).view(parameters[k].shape));
            }

            return gradients;
        }

        private Tensor Row(string name, Tensor[] parameters)
        {
            if (constants is { } constant && constant.Name == name)
            {
                return constant.Value;
            }

            for (var k = 0; k < parameters.Length; k++)
            {
                if (layer.Parameters[k] == name)
                {
                    return parameters[k];
                }
            }

            throw new InvalidOperationException($"the layer has no number {name}");
        }
    }
}

/// <summary>Lets torch's automatic differentiation run a layer's passes.</summary>
internal sealed class ElementwiseFunction : autograd.SingleTensorFunction<ElementwiseFunction>
{
    public override string Name => "Bnn.Elementwise";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (ElementwiseLayer.Call)vars[0];
        var x = ((Tensor)vars[1]).contiguous();
        var parameters = vars.Skip(2).Cast<Tensor>().ToArray();
        ctx.save_data("call", call);
        ctx.save_for_backward([x, .. parameters]);
        return call.Forward(x, parameters);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        // The engine calls this through native code, where an exception would end the process.
        try
        {
            var call = (ElementwiseLayer.Call)ctx.get_data("call");
            var saved = ctx.get_saved_variables();
            return call.Backward(saved[0], [.. saved.Skip(1)], grad_output.contiguous())!;
        }
        catch (Exception fault)
        {
            Differentiation.Keep(fault);
            return [null!, .. ctx.get_saved_variables().Select(x => zeros_like(x))];
        }
    }
}

/// <summary>Backward passes whose faults reach the caller.</summary>
internal static class Differentiation
{
    private static Exception? kept;

    /// <summary>Keeps a fault that cannot be thrown through native code; the first one counts.</summary>
    public static void Keep(Exception fault) => Interlocked.CompareExchange(ref kept, fault, null);

    /// <summary>loss.backward(); throws what went wrong in a layer of ours.</summary>
    public static void Backward(Tensor loss)
    {
        loss.backward();
        if (Interlocked.Exchange(ref kept, null) is { } fault)
        {
            throw new InvalidOperationException("the backward pass of a layer failed", fault);
        }
    }
}
