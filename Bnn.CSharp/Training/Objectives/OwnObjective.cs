using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A function of a user's over (outputs, target). What it throws and what it gives wrongly is an error that names it.</summary>
internal sealed record OwnObjective(string Title, string Version, Func<Tensor, Tensor, Tensor> Function) : Objective
{
    public override string Name => Title;

    internal override Tensor OfEach(in Outcome outcome) =>
        throw new InvalidOperationException("an objective of one's own gives the batch's mean alone");

    internal override Tensor Mean(in Outcome outcome)
    {
        Tensor? loss;
        try
        {
            loss = Function(outcome.Outputs, outcome.Target);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new BnnTrainingException($"objective {Name} has thrown {e.GetType().Name}: {e.Message}", e);
        }

        if (loss is null || loss.numel() != 1 || !loss.is_floating_point())
        {
            throw new BnnTrainingException(
                $"objective {Name} gives {(loss is null ? "nothing" : $"{loss.dtype} numbers of shape [{InvariantText.Join(", ", loss.shape)}]")}; "
                + "give one real number, the mean over the batch");
        }

        return loss.requires_grad
            ? loss.reshape([])
            : throw new BnnTrainingException($"objective {Name} gives a number that does not follow from the outputs by torch's operations; so there is no gradient");
    }

    internal override JsonObject ToJson() => new() { ["name"] = Name, ["version"] = Version };

    private protected override string InWords => $"{Name}, version {Version}";
}
