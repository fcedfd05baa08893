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

    /// <summary>Adamax's transform of the gradient: Kingma and Ba, ICLR 2015, algorithm 2, as torch.optim.Adamax. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the largest magnitude, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to each magnitude, at least 0; default 1e-8.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Adamax(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) =>
        Make("Adamax", ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon));

    /// <summary>NAdam's transform of the gradient: Dozat, ICLR workshop 2016, algorithm 2, as torch.optim.NAdam documents it. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <param name="momentumDecay">How fast the momentum grows from beta1 / 2 to beta1, at least 0; default 0.004.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule NAdam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double momentumDecay = 0.004) =>
        Make("NAdam", ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("momentumDecay", momentumDecay));

    /// <summary>RAdam's transform of the gradient: Liu et al., ICLR 2020, algorithm 2, as torch.optim.RAdam. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule RAdam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) =>
        Make("RAdam", ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon));

    /// <summary>AdaBelief's transform of the gradient: Zhuang et al., NeurIPS 2020, algorithm 2, as adabelief_pytorch 0.2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared surprise, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the mean square and to its root, at least 0; default 1e-16.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; not where rectified; default false.</param>
    /// <param name="rectify">Scale the steps by how far the mean square can be trusted; default false.</param>
    /// <param name="degenerateToSgd">With rectify: step by the mean gradient until the mean square can be trusted, else wait; default true.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule AdaBelief(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-16, bool amsGrad = false, bool rectify = false, bool degenerateToSgd = true) =>
        Make("AdaBelief", ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("amsGrad", amsGrad ? 1 : 0), ("rectify", rectify ? 1 : 0), ("degenerateToSgd", degenerateToSgd ? 1 : 0));

    /// <summary>Yogi's transform of the gradient: Zaheer et al., NeurIPS 2018, algorithm 2, as kozistr/pytorch_optimizer. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">1 less the share by which the mean square moves, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 0.001.</param>
    /// <param name="initialAccumulator">Where both means start, at least 0; default 1e-6.</param>
    /// <param name="adamD">Leave the mean gradient's bias uncorrected; default false.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Yogi(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 0.001, double initialAccumulator = 1e-6, bool adamD = false) =>
        Make("Yogi", ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("initialAccumulator", initialAccumulator), ("adamD", adamD ? 1 : 0));

    /// <summary>Adan's transform of the gradient: Xie et al., arXiv 2208.06677, 2022, algorithm 1. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.98.</param>
    /// <param name="beta2">Decay rate of the mean difference of gradients, in [0, 1); default 0.92.</param>
    /// <param name="beta3">Decay rate of the mean square, in [0, 1); default 0.99.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Adan(double beta1 = 0.98, double beta2 = 0.92, double beta3 = 0.99, double epsilon = 1e-8) =>
        Make("Adan", ("beta1", beta1), ("beta2", beta2), ("beta3", beta3), ("epsilon", epsilon));

    /// <summary>Lion's transform of the gradient: Chen et al., NeurIPS 2023, algorithm 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Share of the mean in the step's sign, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean gradient, in [0, 1); default 0.99.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Lion(double beta1 = 0.9, double beta2 = 0.99) =>
        Make("Lion", ("beta1", beta1), ("beta2", beta2));

    /// <summary>SignSGD's transform of the gradient: Bernstein et al., ICML 2018, algorithms 1 and 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="momentum">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule SignSgd(double momentum = 0.9) =>
        Make("SignSGD", ("momentum", momentum));

    /// <summary>RMSProp's transform of the gradient: Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013, equations 38 to 41. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="alpha">Decay rate of the mean square, in [0, 1); default 0.99.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-8.</param>
    /// <param name="momentum">Share of the buffer that a step keeps, in [0, 1); default 0.</param>
    /// <param name="centered">Divide by the deviation from the mean gradient; default false.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule RmsProp(double alpha = 0.99, double epsilon = 1e-8, double momentum = 0, bool centered = false) =>
        Make("RMSProp", ("alpha", alpha), ("epsilon", epsilon), ("momentum", momentum), ("centered", centered ? 1 : 0));

    /// <summary>Adagrad's transform of the gradient: Duchi, Hazan and Singer, JMLR 2011, figure 1, diagonal. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="lrDecay">How fast the steps shrink beside the sum, at least 0; default 0.</param>
    /// <param name="initialAccumulator">Sum of squares before the first step, at least 0; default 0.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 1e-10.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Adagrad(double lrDecay = 0, double initialAccumulator = 0, double epsilon = 1e-10) =>
        Make("Adagrad", ("lrDecay", lrDecay), ("initialAccumulator", initialAccumulator), ("epsilon", epsilon));

    /// <summary>Adadelta's transform of the gradient: Zeiler, arXiv 1212.5701, 2012, algorithm 1. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="rho">Decay rate of both mean squares, in [0, 1); default 0.9.</param>
    /// <param name="epsilon">Under both roots, at least 0; default 1e-6.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Adadelta(double rho = 0.9, double epsilon = 1e-6) =>
        Make("Adadelta", ("rho", rho), ("epsilon", epsilon));

    /// <summary>Bop's transform of the gradient: Helwegen et al., NeurIPS 2019, algorithm 1. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="gamma">Share of the gradient in the new mean, above 0 and at most 1; default 0.0001.</param>
    /// <param name="threshold">What the mean gradient must exceed to flip a weight, at least 0; default 1e-8.</param>
    /// <exception cref="ArgumentException">An option out of range; lists every fault.</exception>
    public static Rule Bop(double gamma = 0.0001, double threshold = 1e-8) =>
        Make("Bop", ("gamma", gamma), ("threshold", threshold));
}
