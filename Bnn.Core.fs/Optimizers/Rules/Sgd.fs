namespace Bnn

/// Stochastic gradient descent with momentum, as a transform of the gradient.
///
/// t = 1: b' = g; after that b' = momentum b + (1 - dampening) g.
/// Plain momentum gives b', Nesterov gives g + momentum b'; without momentum there is no slot and g passes through.
///
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML 2013), equations 1
/// to 4. Departure from it, after torch.optim.SGD: the learning rate multiplies the whole buffer, and the first step takes
/// the gradient undampened.
[<EditorBrowsable(Never)>]
module Sgd =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "share of the buffer that a step keeps")>]
            Momentum: float
            [<Option(0.0, OptionRange.Share, "share of the gradient that stays out of the buffer")>]
            Dampening: float
            [<Option(false, "look ahead along the buffer; needs momentum above 0 and dampening 0")>]
            Nesterov: bool
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) =
        Options.faults o
        @ Fault.unless
            (not o.Nesterov || (o.Momentum > 0.0 && o.Dampening = 0.0))
            "nesterov"
            "true"
            "true only with momentum above 0 and dampening 0"

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g = Expr.gradient

        if o.Momentum = 0.0 then
            Rule.identity
        else
            let b = Expr.slot "b"
            let mu = Const o.Momentum

            let entering =
                if o.Dampening = 0.0 then
                    g
                else
                    (1.0 - Const o.Dampening) * g

            let b' = Expr.ifEqual Expr.time (Const 1.0) g (mu * b + entering)

            { Rule.identity with
                Slots = [ Slot.perWeight "b" (Const 0.0) b' ]
                Gradient = if o.Nesterov then g + mu * b' else b'
            }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "SGD"
            Source = "Sutskever et al., ICML 2013, equations 1 to 4, as torch.optim.SGD"
            LearningRate = 0.1
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd ]
        }
