// Written by build/Generate from the catalogue of Bnn.Core: dotnet run -c Release --project build/Generate
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
        With(Bnn.Sgd.row, new Bnn.Sgd.Options(momentum, dampening, nesterov), learningRate);

    /// <summary>Updates weights by Adam: Kingma and Ba, ICLR 2015, algorithm 1; AMSGrad: Reddi et al., ICLR 2018, algorithm 2.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    [Pure]
    public BnnTrainer WithAdam(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        With(Bnn.Adam.row, new Bnn.Adam.Options(beta1, beta2, epsilon, amsGrad), learningRate);

    /// <summary>Updates weights by AdamW: Loshchilov and Hutter, ICLR 2019, algorithm 2.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; default false.</param>
    [Pure]
    public BnnTrainer WithAdamW(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, bool amsGrad = false) =>
        With(Bnn.Adam.decoupledRow, new Bnn.Adam.Options(beta1, beta2, epsilon, amsGrad), learningRate);

    /// <summary>Updates weights by Adamax: Kingma and Ba, ICLR 2015, algorithm 2, as torch.optim.Adamax.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the largest magnitude, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to each magnitude, at least 0; default 1e-8.</param>
    [Pure]
    public BnnTrainer WithAdamax(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) =>
        With(Bnn.Adamax.row, new Bnn.Adamax.Options(beta1, beta2, epsilon), learningRate);

    /// <summary>Updates weights by NAdam: Dozat, ICLR workshop 2016, algorithm 2, as torch.optim.NAdam documents it.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="momentumDecay">How fast the momentum grows from beta1 / 2 to beta1, at least 0; default 0.004.</param>
    [Pure]
    public BnnTrainer WithNAdam(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double momentumDecay = 0.004) =>
        With(Bnn.NAdam.row, new Bnn.NAdam.Options(beta1, beta2, epsilon, momentumDecay), learningRate);

    /// <summary>Updates weights by RAdam: Liu et al., ICLR 2020, algorithm 2, as torch.optim.RAdam.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.1.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared gradient, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    [Pure]
    public BnnTrainer WithRAdam(double learningRate = 0.1, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) =>
        With(Bnn.RAdam.row, new Bnn.RAdam.Options(beta1, beta2, epsilon), learningRate);

    /// <summary>Updates weights by AdaBelief: Zhuang et al., NeurIPS 2020, algorithm 2, as adabelief_pytorch 0.2.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean squared surprise, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the mean square and to its root, at least 0; default 1e-16.</param>
    /// <param name="amsGrad">Divide by the largest mean square so far; not where rectified; default false.</param>
    /// <param name="rectify">Scale the steps by how far the mean square can be trusted; default false.</param>
    /// <param name="degenerateToSgd">With rectify: step by the mean gradient until the mean square can be trusted, else wait; default true.</param>
    [Pure]
    public BnnTrainer WithAdaBelief(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-16, bool amsGrad = false, bool rectify = false, bool degenerateToSgd = true) =>
        With(Bnn.AdaBelief.row, new Bnn.AdaBelief.Options(beta1, beta2, epsilon, amsGrad, rectify, degenerateToSgd), learningRate);

    /// <summary>Updates weights by Yogi: Zaheer et al., NeurIPS 2018, algorithm 2, as kozistr/pytorch_optimizer.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    /// <param name="beta2">1 less the share by which the mean square moves, in [0, 1); default 0.999.</param>
    /// <param name="epsilon">Added to the root, at least 0; default 0.001.</param>
    /// <param name="initialAccumulator">Where both means start, at least 0; default 1e-6.</param>
    /// <param name="adamD">Leave the mean gradient's bias uncorrected; default false.</param>
    [Pure]
    public BnnTrainer WithYogi(double learningRate = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 0.001, double initialAccumulator = 1e-6, bool adamD = false) =>
        With(Bnn.Yogi.row, new Bnn.Yogi.Options(beta1, beta2, epsilon, initialAccumulator, adamD), learningRate);

    /// <summary>Updates weights by Adan: Xie et al., arXiv 2208.06677, 2022, algorithm 1.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.01.</param>
    /// <param name="beta1">Decay rate of the mean gradient, in [0, 1); default 0.98.</param>
    /// <param name="beta2">Decay rate of the mean difference of gradients, in [0, 1); default 0.92.</param>
    /// <param name="beta3">Decay rate of the mean square, in [0, 1); default 0.99.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    [Pure]
    public BnnTrainer WithAdan(double learningRate = 0.01, double beta1 = 0.98, double beta2 = 0.92, double beta3 = 0.99, double epsilon = 1e-8) =>
        With(Bnn.Adan.row, new Bnn.Adan.Options(beta1, beta2, beta3, epsilon), learningRate);

    /// <summary>Updates weights by Lion: Chen et al., NeurIPS 2023, algorithm 2.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.003.</param>
    /// <param name="beta1">Share of the mean in the step's sign, in [0, 1); default 0.9.</param>
    /// <param name="beta2">Decay rate of the mean gradient, in [0, 1); default 0.99.</param>
    [Pure]
    public BnnTrainer WithLion(double learningRate = 0.003, double beta1 = 0.9, double beta2 = 0.99) =>
        With(Bnn.Lion.row, new Bnn.Lion.Options(beta1, beta2), learningRate);

    /// <summary>Updates weights by SignSGD: Bernstein et al., ICML 2018, algorithms 1 and 2.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.003.</param>
    /// <param name="momentum">Decay rate of the mean gradient, in [0, 1); default 0.9.</param>
    [Pure]
    public BnnTrainer WithSignSgd(double learningRate = 0.003, double momentum = 0.9) =>
        With(Bnn.SignSgd.row, new Bnn.SignSgd.Options(momentum), learningRate);

    /// <summary>Updates weights by RMSProp: Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013, equations 38 to 41.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.003.</param>
    /// <param name="alpha">Decay rate of the mean square, in [0, 1); default 0.99.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-8.</param>
    /// <param name="momentum">Share of the buffer that a step keeps, in [0, 1); default 0.</param>
    /// <param name="centered">Divide by the deviation from the mean gradient; default false.</param>
    [Pure]
    public BnnTrainer WithRmsProp(double learningRate = 0.003, double alpha = 0.99, double epsilon = 1e-8, double momentum = 0, bool centered = false) =>
        With(Bnn.RmsProp.row, new Bnn.RmsProp.Options(alpha, epsilon, momentum, centered), learningRate);

    /// <summary>Updates weights by Adagrad: Duchi, Hazan and Singer, JMLR 2011, figure 1, diagonal.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 0.03.</param>
    /// <param name="lrDecay">How fast the steps shrink beside the sum, at least 0; default 0.</param>
    /// <param name="initialAccumulator">Sum of squares before the first step, at least 0; default 0.</param>
    /// <param name="epsilon">Added to the root, so that a weight that has never seen a gradient stays a number, at least 0; default 1e-10.</param>
    [Pure]
    public BnnTrainer WithAdagrad(double learningRate = 0.03, double lrDecay = 0, double initialAccumulator = 0, double epsilon = 1e-10) =>
        With(Bnn.Adagrad.row, new Bnn.Adagrad.Options(lrDecay, initialAccumulator, epsilon), learningRate);

    /// <summary>Updates weights by Adadelta: Zeiler, arXiv 1212.5701, 2012, algorithm 1.</summary>
    /// <param name="learningRate">Before the schedule, above 0; default 3.</param>
    /// <param name="rho">Decay rate of both mean squares, in [0, 1); default 0.9.</param>
    /// <param name="epsilon">Under both roots, at least 0; default 1e-6.</param>
    [Pure]
    public BnnTrainer WithAdadelta(double learningRate = 3, double rho = 0.9, double epsilon = 1e-6) =>
        With(Bnn.Adadelta.row, new Bnn.Adadelta.Options(rho, epsilon), learningRate);

    /// <summary>Updates binary weights by Bop, without decay, and all others by Adam, in a stage with real weights all by Adam: Helwegen et al., NeurIPS 2019, algorithm 1.</summary>
    /// <param name="learningRate">Adam's, before the schedule, above 0; default 0.01.</param>
    /// <param name="gamma">Share of the gradient in the new mean, in (0, 1]; default 0.0001.</param>
    /// <param name="threshold">What the mean gradient must exceed to flip a weight (1e-6 suits trainings of a few epochs), at least 0; default 1e-8.</param>
    [Pure]
    public BnnTrainer WithBop(double learningRate = 0.01, double gamma = 0.0001, double threshold = 1e-8) =>
        With(Bnn.Bop.row, new Bnn.Bop.Options(gamma, threshold), learningRate);
}
