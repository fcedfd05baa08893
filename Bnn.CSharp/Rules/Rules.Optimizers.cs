// Written by build/Generate from the catalogue of Bnn.Core: dotnet run -c Release --project build/Generate
namespace Bnn;

public static partial class Rules
{
    /// <summary>SGD's transform of the gradient: Sutskever et al., ICML 2013, equations 1 to 4, as torch.optim.SGD. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="momentum">Share of the buffer that a step keeps, in [0, 1); default 0.9.</param>
    /// <param name="dampening">Share of the gradient that stays out of the buffer, in [0, 1]; default 0.</param>
    /// <param name="nesterov">Look ahead along the buffer; needs momentum above 0 and dampening 0; default false.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Sgd(double momentum = 0.9, double dampening = 0, bool nesterov = false) =>
        Made(Bnn.Sgd.row, new Bnn.Sgd.Options(momentum, dampening, nesterov));

    /// <summary>Adam's transform of the gradient: Kingma and Ba, ICLR 2015, algorithm 1; AMSGrad: Reddi et al., ICLR 2018, algorithm 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Adam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        Made(Bnn.Adam.row, new Bnn.Adam.Options(beta1, beta2, epsilon, amsGrad));

    /// <summary>AdamW's transform of the gradient: Loshchilov and Hutter, ICLR 2019, algorithm 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule AdamW(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        Made(Bnn.Adam.decoupledRow, new Bnn.Adam.Options(beta1, beta2, epsilon, amsGrad));

    /// <summary>Adamax's transform of the gradient: Kingma and Ba, ICLR 2015, algorithm 2, as torch.optim.Adamax. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the largest magnitude, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to each magnitude, at least 0; default 1e-8.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Adamax(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) =>
        Made(Bnn.Adamax.row, new Bnn.Adamax.Options(beta1, beta2, epsilon));

    /// <summary>NAdam's transform of the gradient: Dozat, ICLR workshop 2016, algorithm 2, as torch.optim.NAdam documents it. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="momentumDecay">How fast the momentum grows from beta1 / 2 to beta1, at least 0; default 0.004.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule NAdam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double momentumDecay = 0.004) =>
        Made(Bnn.NAdam.row, new Bnn.NAdam.Options(beta1, beta2, epsilon, momentumDecay));

    /// <summary>RAdam's transform of the gradient: Liu et al., ICLR 2020, algorithm 2, as torch.optim.RAdam. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule RAdam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) =>
        Made(Bnn.RAdam.row, new Bnn.RAdam.Options(beta1, beta2, epsilon));

    /// <summary>AdaBelief's transform of the gradient: Zhuang et al., NeurIPS 2020, algorithm 2, as adabelief_pytorch 0.2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared surprise, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the mean square and to its root, at least 0; default 1e-16.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; not where rectified; default false.</param>
    /// <param name="rectify">Scale the steps by how far the mean square can be trusted; default false.</param>
    /// <param name="degenerateToSgd">With rectify: step by the mean gradient until the mean square can be trusted, else wait; default true.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule AdaBelief(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-16, bool amsGrad = false, bool rectify = false, bool degenerateToSgd = true) =>
        Made(Bnn.AdaBelief.row, new Bnn.AdaBelief.Options(beta1, beta2, epsilon, amsGrad, rectify, degenerateToSgd));

    /// <summary>Yogi's transform of the gradient: Zaheer et al., NeurIPS 2018, algorithm 2, as kozistr/pytorch_optimizer. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">1 less the share by which the mean square moves, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 0.001.</param>
    /// <param name="initialAccumulator">Where both means start, at least 0; default 1e-6.</param>
    /// <param name="adamD">Leave the mean gradient's bias uncorrected; default false.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Yogi(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 0.001, double initialAccumulator = 1e-6, bool adamD = false) =>
        Made(Bnn.Yogi.row, new Bnn.Yogi.Options(beta1, beta2, epsilon, initialAccumulator, adamD));

    /// <summary>Adan's transform of the gradient: Xie et al., arXiv 2208.06677, 2022, algorithm 1. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.98.</param>
    /// <param name="beta2">Decay rate of the mean difference of gradients, in [0, 1); default 0.92.</param>
    /// <param name="beta3">Decay rate of the mean square, in [0, 1); default 0.99.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Adan(double beta1 = 0.98, double beta2 = 0.92, double beta3 = 0.99, double epsilon = 1e-8) =>
        Made(Bnn.Adan.row, new Bnn.Adan.Options(beta1, beta2, beta3, epsilon));

    /// <summary>Lion's transform of the gradient: Chen et al., NeurIPS 2023, algorithm 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="beta1">Share of the mean in the step's sign, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean gradient, in [0, 1); default 0.99.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Lion(double beta1 = 0.9, double beta2 = 0.99) =>
        Made(Bnn.Lion.row, new Bnn.Lion.Options(beta1, beta2));

    /// <summary>SignSGD's transform of the gradient: Bernstein et al., ICML 2018, algorithms 1 and 2. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="momentum">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule SignSgd(double momentum = 0.9) =>
        Made(Bnn.SignSgd.row, new Bnn.SignSgd.Options(momentum));

    /// <summary>RMSProp's transform of the gradient: Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013, equations 38 to 41. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="alpha">Decay rate of the mean square, in [0, 1); default 0.99.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="momentum">Share of the buffer that a step keeps, in [0, 1); default 0.</param>
    /// <param name="centered">Divide by the deviation from the mean gradient; default false.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule RmsProp(double alpha = 0.99, double epsilon = 1e-8, double momentum = 0, bool centered = false) =>
        Made(Bnn.RmsProp.row, new Bnn.RmsProp.Options(alpha, epsilon, momentum, centered));

    /// <summary>Adagrad's transform of the gradient: Duchi, Hazan and Singer, JMLR 2011, figure 1, diagonal. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="lrDecay">How fast the steps shrink beside the sum, at least 0; default 0.</param>
    /// <param name="initialAccumulator">Sum of squares before the first step, at least 0; default 0.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-10.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Adagrad(double lrDecay = 0, double initialAccumulator = 0, double epsilon = 1e-10) =>
        Made(Bnn.Adagrad.row, new Bnn.Adagrad.Options(lrDecay, initialAccumulator, epsilon));

    /// <summary>Adadelta's transform of the gradient: Zeiler, arXiv 1212.5701, 2012, algorithm 1. Chain <see cref="Descend"/> after it.</summary>
    /// <param name="rho">Decay rate of both mean squares, in [0, 1); default 0.9.</param>
    /// <param name="epsilon">Under both roots, at least 0; default 1e-6.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Adadelta(double rho = 0.9, double epsilon = 1e-6) =>
        Made(Bnn.Adadelta.row, new Bnn.Adadelta.Options(rho, epsilon));

    /// <summary>Bop's step of binary weights: Helwegen et al., NeurIPS 2019, algorithm 1. Give all other weights another rule by <see cref="Partition"/>.</summary>
    /// <param name="gamma">Share of the gradient in the new mean, in (0, 1]; default 0.0001.</param>
    /// <param name="threshold">What the mean gradient must exceed to flip a weight (1e-6 suits trainings of a few epochs), at least 0; default 1e-8.</param>
    /// <exception cref="BnnConfigurationException">An option out of range; lists every fault.</exception>
    public static Rule Bop(double gamma = 0.0001, double threshold = 1e-8) =>
        Made(Bnn.Bop.row, new Bnn.Bop.Options(gamma, threshold));
}
