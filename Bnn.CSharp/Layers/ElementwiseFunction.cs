using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Lets torch's automatic differentiation run a layer's passes.</summary>
internal sealed class ElementwiseFunction : autograd.SingleTensorFunction<ElementwiseFunction>
{
    public override string Name => "Bnn.Elementwise";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (ElementwiseCall)vars[0];
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
            var call = (ElementwiseCall)ctx.get_data("call");
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
