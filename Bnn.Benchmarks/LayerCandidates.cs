using static TorchSharp.torch;

namespace Bnn.Benchmarks;

/// <summary>The ways of computing a layer that `Layers` compares; ours is the first.</summary>
internal static class LayerCandidates
{
    private const int Images = 16;
    private const int Channels = 128;
    private const int Size = 56;

    private static readonly NetworkMode Training = new(true, true, true);

    /// <summary>ApproxSign of x + shift.</summary>
    public static LayerCandidate[] ShiftedSign()
    {
        var (x, dy) = (Activations(), Activations());
        var shift = Channel(1, Channels, 1, 1);
        var shape = shift.shape;
        Tensor[] leaves = [x.requires_grad_(), shift.requires_grad_()];
        return
        [
            new("shifted sign: ours", () => Differentiated(
                ElementwiseLayer.OfActivation(BinarizerModule.approxSign, shifted: true).Apply(x, Training, 0, null, shift), leaves, dy)),
            new("shifted sign: the paper's composition, automatic differentiation", () => Differentiated(
                PublishedSign(x + shift), leaves, dy)),
            new("shifted sign: torch in place, by hand", () =>
            {
                using var noGradients = no_grad();
                var z = x.add(shift);
                var y = z.sign();

                // dx takes the place of z: 2 - 2|z|, at least 0, times dy
                var dx = z.abs_().mul_(-2).add_(2).clamp_(min: 0).mul_(dy);
                return [y, dx, ChannelSums(dx).view(shape)];
            }),
        ];
    }

    /// <summary>PReLU of x + before, + after.</summary>
    public static LayerCandidate[] ShiftedPRelu()
    {
        var (x, dy) = (Activations(), Activations());
        var (before, slope, after) = (Channel(1, Channels, 1, 1), Channel(Channels), Channel(1, Channels, 1, 1));
        var shape = before.shape;
        Tensor[] leaves = [x.requires_grad_(), before.requires_grad_(), slope.requires_grad_(), after.requires_grad_()];
        return
        [
            new("shifted PReLU: ours", () => Differentiated(
                ElementwiseLayer.OfActivation(ElementwiseModule.shiftedPRelu).Apply(x, Training, 0, null, before, slope, after), leaves, dy)),
            new("shifted PReLU: the paper's composition, automatic differentiation", () => Differentiated(
                (x + before).prelu(slope) + after, leaves, dy)),
            new("shifted PReLU: torch in place, by hand", () =>
            {
                using var noGradients = no_grad();
                var z = x.add(before);
                var y = z.prelu(slope).add_(after);

                // min(z, 0) takes the place of z, then 1 where z <= 0, then dx; an upper bound just above 0 keeps z = 0 apart from z > 0
                var negative = z.clamp_(max: 1e-30);
                var dSlope = ChannelSums(negative.mul(dy));
                var dx = negative.le_(0).mul_(slope.view(shape) - 1).add_(1).mul_(dy);
                return [y, dx, ChannelSums(dx).view(shape), dSlope, ChannelSums(dy).view(shape)];
            }),
        ];
    }

    private static Tensor Activations() => randn(Images, Channels, Size, Size);

    private static Tensor Channel(params long[] shape) => rand(shape) - 0.5;

    // asked for the gradients instead of adding them to .grad, which could copy them
    private static Tensor[] Differentiated(Tensor y, Tensor[] leaves, Tensor dy) => [y, .. autograd.grad([y], leaves, [dy])];

    /// <summary>sign(z) with the derivative of three polynomial pieces joined by masks, as the paper's code composes it.</summary>
    private static Tensor PublishedSign(Tensor z)
    {
        Tensor Mask(double below) => z.lt(below).to(ScalarType.Float32);
        var (left, middle, right) = (Mask(-1), Mask(0), Mask(1));
        var below0 = -left + (z * z + z * 2) * (1 - left);
        var below1 = below0 * middle + (-(z * z) + z * 2) * (1 - middle);
        var surrogate = below1 * right + (1 - right);
        return z.detach().sign() - surrogate.detach() + surrogate;
    }

    private static Tensor ChannelSums(Tensor x) => x.sum([2, 3]).sum([0]);
}
