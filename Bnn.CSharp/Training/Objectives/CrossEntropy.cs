using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>- sum_k q_k log softmax(outputs)_k with q = (1 - e) at the label + e / classes everywhere.</summary>
/// <param name="Smoothing">e, in 0..1, 1 excluded.</param>
internal sealed record CrossEntropy(double Smoothing) : Objective
{
    public override string Name => "cross-entropy";

    internal override bool NeedsClasses => true;

    internal override Tensor OfEach(in Outcome outcome)
    {
        var loss = nn.functional.cross_entropy(outcome.Outputs, outcome.Target, reduction: nn.Reduction.None);
        return Smoothing == 0 ? loss : Smoothed(loss, nn.functional.log_softmax(outcome.Outputs, 1).mean([1]));
    }

    internal override Tensor Mean(in Outcome outcome) => Loss(outcome.Outputs, outcome.Target);

    /// <summary>The mean over a batch.</summary>
    internal Tensor Loss(Tensor logits, Tensor labels)
    {
        var loss = nn.functional.cross_entropy(logits, labels);
        return Smoothing == 0 ? loss : Smoothed(loss, nn.functional.log_softmax(logits, 1).mean());
    }

    internal override Objective Smoothed(double share) => this with { Smoothing = share };

    internal override IEnumerable<Fault> Validate()
    {
        if (Smoothing is not (>= 0 and < 1))
        {
            yield return new Fault("labelSmoothing", FormattableString.Invariant($"{Smoothing}"), "a share, 0 to 1, 1 excluded");
        }
    }

    internal override JsonObject ToJson() => new() { ["name"] = Name, ["labelSmoothing"] = Smoothing };

    private protected override string InWords => "cross-entropy with the labels" + Smoothed();

    private Tensor Smoothed(Tensor loss, Tensor evenly) => loss.Times(1 - Smoothing).sub(evenly.Times(Smoothing));

    /// <summary>The smoothing in words.</summary>
    public string Smoothed() => Smoothing > 0 ? FormattableString.Invariant($", labels smoothed by {Smoothing}") : "";
}
