namespace Bnn

/// The binary optimizer: flips a weight's sign where the mean gradient has asked for it strongly enough. For binary weights
/// only: give the rest another optimizer, as in `Rule.partition [ [ BinaryWeights ], Bop.rule o ] other`.
///
/// m' = (1 - gamma) m + gamma g;   w' = -w where |m'| > threshold and sign(m') = sign(w), else w.   sign(w) = +1 at 0.
///
/// It is a step of its own, not a transform: it flips the weight and passes on the gradient 0, so that a descent after it
/// changes nothing, and there is no learning rate. A tie, |m'| = threshold, does not flip. A flip keeps the weight's
/// magnitude; a weight of 0 or -0 counts as +1 and has no sign to change, so start from weights other than 0. Weight decay
/// makes no sense here: coupled, it pushes the mean gradient towards a flip; decoupled, it shrinks a magnitude that nothing
/// reads.
///
/// Source: Helwegen et al., "Latent Weights Do Not Exist" (NeurIPS 2019), algorithm 1; gamma is its adaptivity rate, and the
/// threshold its tau. No departure from it. larq's implementation, whose defaults these are, departs in two ways: it makes
/// every weight +1 or -1 in the first step, and a tie gives +1; its documentation pairs Bop with Adam at 0.01 for all other weights.
/// Until about 1 / gamma iterations have passed, m' is gamma times the sum of the gradients, and what counts is threshold / gamma,
/// which that sum must exceed. With the defaults, 1e-4, in a training of a few epochs, nearly every weight follows the sum's sign,
/// and little of what step 1 of two steps has learned stays; 1e-2, a threshold of 1e-6, keeps more of it and flips less
/// (experiments/results/learning-rate.md).
/// float32: gradients from 1e-38 / gamma on.
[<EditorBrowsable(Never)>]
module Bop =
    type Options =
        {
            [<Option(1e-4, OptionRange.PositiveShare, "share of the gradient in the new mean")>]
            Gamma: float
            [<Option(1e-8,
                     OptionRange.NotNegative,
                     "what the mean gradient must exceed to flip a weight (1e-6 suits trainings of a few epochs)")>]
            Threshold: float
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule: a whole step.
    let rule (o: Options) =
        let g, w, m = Expr.gradient, Expr.weight, Expr.slot "m"
        let gamma = Const o.Gamma
        let m' = (1.0 - gamma) * m + gamma * g

        // The threshold is not negative, so a product above it means that the signs agree.
        let agreement = m' * Unary(SignPlus, w)

        { Rule.identity with
            Slots = [ Slot.perWeight "m" (Const 0.0) m' ]
            Gradient = Const 0.0
            Weight = Expr.ifLess (Const o.Threshold) agreement (-w) w
        }

    /// The catalogue's row. The learning rate and the decay are the companion's, which updates all other weights.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Bop"
            Source = "Helwegen et al., NeurIPS 2019, algorithm 1"
            LearningRate = 1e-2
            Decay = WeightDecayKind.Coupled
            IsForBinaryWeights = true
            Laws = [ Still; Odd ]
        }
