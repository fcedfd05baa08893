using static TorchSharp.torch;

namespace Bnn;

/// <summary>The loss by labels.</summary>
internal static class LabelLoss
{
    /// <summary>- sum_k q_k log_softmax(logits)_k, the mean over the batch, with q = (1 - e) at the label + e / classes everywhere
    /// (Szegedy et al., 2015, section 7); e = 0 is cross-entropy.</summary>
    public static Tensor Of(Tensor logits, Tensor labels, double smoothing)
    {
        var loss = nn.functional.cross_entropy(logits, labels);
        return smoothing == 0 ? loss : loss * (1 - smoothing) - nn.functional.log_softmax(logits, 1).mean() * smoothing;
    }
}
