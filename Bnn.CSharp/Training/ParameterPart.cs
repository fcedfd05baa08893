using static TorchSharp.torch;

namespace Bnn;

/// <summary>Parameters of the user's that a rule changes in one go, wherever their numbers and gradients lie in a step. What does not lie
/// number by number is computed in a copy; away from the CPU's memory a part is one parameter.</summary>
/// <param name="state">What the rule keeps of them.</param>
/// <param name="members">The parameters, and where each begins in the slots.</param>
/// <param name="isWhole">Whether they are reduced over as one channel; else the part is one parameter with channels of its own.</param>
/// <param name="inMemory">Whether the compiled loops run on their memory; else torch's operations on their tensors.</param>
internal sealed class ParameterPart(
    GroupState state, IReadOnlyList<(OptimizedParameter Parameter, long Place)> members, bool isWhole, bool inMemory)
{
    private readonly MemoryPart? memory = inMemory ? new(state, isWhole ? 1 : members[0].Parameter.Layout.Channels) : null;
    private readonly List<Tensor> temporary = [];
    private readonly List<(Tensor Own, Tensor Copy)> copies = [];

    /// <summary>Finds the weights, all of them, or those with a gradient that are not frozen; null where there are none. Until
    /// <see cref="Release"/> the tensors must stay as they are.</summary>
    /// <param name="withGradients">Whether the gradients are found too.</param>
    /// <exception cref="InvalidOperationException">A parameter or a gradient is not what it was or should be; nothing was changed.</exception>
    public RulePart? Find(bool withGradients)
    {
        Release();
        memory?.Clear();
        RulePart? found = null;
        foreach (var (parameter, place) in members)
        {
            var weights = parameter.Handle;
            if (!withGradients)
            {
                found = Add(parameter, place, weights, 0);
            }
            else if (TensorHandle.RequiresGradient(weights) && TensorHandle.Gradient(weights) is not 0 and var gradients)
            {
                try
                {
                    parameter.Require(gradients, "the gradient of ");
                    found = Add(parameter, place, weights, gradients);
                }
                finally
                {
                    // the parameter itself keeps its gradient
                    TensorHandle.Free(gradients);
                }
            }
        }

        return found;
    }

    /// <summary>Gives the parameters what was computed in copies.</summary>
    public void Store()
    {
        using var noGradients = no_grad();
        foreach (var (own, copy) in copies)
        {
            own.copy_(copy);
        }
    }

    /// <summary>Lets go of what was found.</summary>
    public void Release()
    {
        copies.Clear();
        temporary.ForEach(tensor => tensor.Dispose());
        temporary.Clear();
    }

    private RulePart Add(OptimizedParameter parameter, long place, nint weights, nint gradients)
    {
        if (memory is not null)
        {
            memory.Add(
                TensorHandle.IsContiguous(weights) ? TensorHandle.Address(weights) : Memory.Of(Weights(parameter)),
                gradients == 0 || TensorHandle.IsContiguous(gradients) ? Address(gradients) : Memory.Of(Gradients(parameter)),
                place, parameter.Count);
            return memory;
        }

        var arrays = state.Slots.ToDictionary(slot => slot.Key, slot => Keep(slot.Value.narrow(0, place, parameter.Count)));
        arrays["w"] = Weights(parameter);
        if (gradients != 0)
        {
            arrays["g"] = Gradients(parameter);
        }

        return new TensorPart(state, isWhole ? new(1, parameter.Count, 1) : parameter.Layout, name => arrays[name]);
    }

    private static nint Address(nint gradients) => gradients == 0 ? 0 : TensorHandle.Address(gradients);

    private Tensor Weights(OptimizedParameter parameter)
    {
        var numbers = Contiguous(parameter.Tensor);
        if (!parameter.Tensor.is_contiguous())
        {
            copies.Add((parameter.Tensor, numbers));
        }

        return numbers;
    }

    private Tensor Gradients(OptimizedParameter parameter)
    {
        using var gradients = parameter.Tensor.grad!;
        return Contiguous(gradients);
    }

    private Tensor Contiguous(Tensor tensor)
    {
        using var noGradients = no_grad();
        return Keep(tensor.contiguous());
    }

    private Tensor Keep(Tensor tensor)
    {
        temporary.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
