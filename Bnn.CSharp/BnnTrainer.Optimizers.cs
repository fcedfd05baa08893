// Written from the catalogue of Bnn.Core: run the tests with BNN_WRITE=1 after changing a row.
using System.Diagnostics.Contracts;

namespace Bnn;

public sealed partial class BnnTrainer
{
    /// <summary>Updates weights by SGD: Sutskever et al., ICML 2013, equations 1 to 4, as torch.optim.SGD.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.1.</param>
    /// <param name="momentum">Share of the buffer that a step keeps, in [0, 1); default 0.9.</param>
    /// <param name="dampening">Share of the gradient that stays out of the buffer, in [0, 1]; default 0.</param>
    /// <param name="nesterov">Look ahead along the buffer; needs momentum above 0 and dampening 0; default false.</param>
    [Pure]
    public BnnTrainer WithSgd(double learningRate = 0.1, double momentum = 0.9, double dampening = 0, bool nesterov = false) =>
        WithRow("SGD", learningRate, ("momentum", momentum), ("dampening", dampening), ("nesterov", nesterov ? 1 : 0));

    /// <summary>Updates weights by Adam: Kingma and Ba, ICLR 2015, algorithm 1; AMSGrad: Reddi et al., ICLR 2018, algorithm 2.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    [Pure]
    public BnnTrainer WithAdam(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        WithRow("Adam", learningRate, ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("amsGrad", amsGrad ? 1 : 0));

    /// <summary>Updates weights by AdamW: Loshchilov and Hutter, ICLR 2019, algorithm 2.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    [Pure]
    public BnnTrainer WithAdamW(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        WithRow("AdamW", learningRate, ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("amsGrad", amsGrad ? 1 : 0));
}
