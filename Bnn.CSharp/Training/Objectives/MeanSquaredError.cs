using static TorchSharp.torch;

namespace Bnn;

/// <summary>(outputs - target)^2; a class as target is 1 at the label and 0 elsewhere.</summary>
internal sealed record MeanSquaredError : Objective
{
    public override string Name => "mean squared error";

    internal override Tensor OfEach(in Outcome outcome)
    {
        var target = outcome.HasClasses ? nn.functional.one_hot(outcome.Target, outcome.Outputs.shape[1]) : outcome.Target;
        return outcome.Outputs.sub(target).Squared().flatten(1).mean([1]);
    }
}
