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
        ctx.set_materialize_grads(false);
        ctx.save_for_backward([x, .. parameters]);
        return call.Forward(x, parameters);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        // The engine calls this through native code, where an exception would end the process.
        var call = (ElementwiseCall)ctx.get_data("call");
        List<Tensor> gradients;
        using var scope = NewDisposeScope();
        try
        {
            var saved = ctx.get_saved_variables();
            if (grad_output.IsInvalid)
            {
                return [null!, .. saved.Select(_ => (Tensor)null!)];
            }

            gradients = call.Backward(saved[0], [.. saved.Skip(1)], grad_output.contiguous())!;
            GC.KeepAlive(grad_output);
        }
        catch (Exception fault)
        {
            call.Faults.Keep(fault);
            gradients = [null!, .. ctx.get_saved_variables().Select(x => zeros_like(x))];
        }

        // TorchSharp hands on their native addresses alone: until the graph is gone its node holds what is to be read there.
        gradients.ForEach(gradient => gradient?.MoveToOuterDisposeScope());
        ctx.save_data("gradients", gradients);
        return gradients;
    }
}

/// <summary>What goes wrong in the backward passes of layers and cannot be thrown through native code: it waits here for whoever asked for the gradients.</summary>
internal sealed class BackwardFaults
{
    [ThreadStatic]
    private static BackwardFaults? ofThread;

    private Exception? kept;

    /// <summary>Those of the graphs whose forward pass this thread runs, so that of two trainings at once each has its own.</summary>
    public static BackwardFaults OfThread => ofThread ??= new();

    /// <summary>Keeps a fault; the first one counts.</summary>
    public void Keep(Exception fault) => Interlocked.CompareExchange(ref kept, fault, null);

    /// <summary>Forgets what nobody has asked for.</summary>
    public void Clear() => Interlocked.Exchange(ref kept, null);

    /// <summary>Throws what was kept.</summary>
    /// <exception cref="InvalidOperationException">A layer's backward pass has failed.</exception>
    public void Throw()
    {
        if (Interlocked.Exchange(ref kept, null) is { } fault)
        {
            throw new InvalidOperationException("the backward pass of a layer failed", fault);
        }
    }
}

/// <summary>Backward passes whose faults reach the caller.</summary>
internal static class Differentiation
{
    /// <summary>loss.backward(), on the thread that ran the forward pass; throws what went wrong in a layer of ours.</summary>
    public static void Backward(Tensor loss)
    {
        var faults = BackwardFaults.OfThread;
        faults.Clear();
        loss.backward();
        GC.KeepAlive(loss);
        faults.Throw();
    }
}
