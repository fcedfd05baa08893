// Written from the catalogue of Bnn.Core: run the tests with BNN_WRITE=1 after changing a row.
namespace Bnn;

public static partial class Rules
{
    /// <summary>SGD's transform of the gradient: Sutskever et al., ICML 2013, equations 1 to 4, as torch.optim.SGD. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="momentum">Share of the buffer that a step keeps, in [0, 1); default 0.9.</param>
    /// <param name="dampening">Share of the gradient that stays out of the buffer, in [0, 1]; default 0.</param>
    /// <param name="nesterov">Look ahead along the buffer; needs momentum above 0 and dampening 0; default false.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Sgd(double momentum = 0.9, double dampening = 0, bool nesterov = false) =>
        Make("SGD", ("momentum", momentum), ("dampening", dampening), ("nesterov", nesterov ? 1 : 0));

    /// <summary>Adam's transform of the gradient: Kingma and Ba, ICLR 2015, algorithm 1; AMSGrad: Reddi et al., ICLR 2018, algorithm 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Adam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        Make("Adam", ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("amsGrad", amsGrad ? 1 : 0));

    /// <summary>AdamW's transform of the gradient: Loshchilov and Hutter, ICLR 2019, algorithm 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule AdamW(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        Make("AdamW", ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("amsGrad", amsGrad ? 1 : 0));
}
