namespace Bnn.Core

/// Stochastic gradient descent with momentum, as a transform of the gradient.
///
/// t = 1: b' = g; after that b' = momentum b + (1 - dampening) g.
/// Plain momentum gives b', Nesterov gives g + momentum b'; without momentum there is no slot and g passes through.
///
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML 2013), equations 1
/// to 4. Departure from it, after torch.optim.SGD: the learning rate multiplies the whole buffer, and the first step takes
/// the gradient undampened.
module Sgd =
    type Options =
        {
            /// Share of the buffer that a step keeps, in [0, 1); default 0.9 (torch's is 0); 0 is plain descent, without a buffer.
            Momentum: float
            /// Share of the gradient that does not enter the buffer, in [0, 1]; default 0.
            Dampening: float
            /// Look ahead along the buffer; needs momentum above 0 and dampening 0. Default false.
            Nesterov: bool
        }

    let defaults =
        {
            Momentum = 0.9
            Dampening = 0.0
            Nesterov = false
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.decayRate "momentum" o.Momentum
            Fault.share "dampening" o.Dampening
            Fault.unless
                (not o.Nesterov || (o.Momentum > 0.0 && o.Dampening = 0.0))
                "nesterov"
                "true"
                "true only with momentum above 0 and dampening 0"
        ]
        |> List.concat

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

            {
                Slots = [ Slot.perWeight "b" (Const 0.0) b' ]
                Gradient = if o.Nesterov then g + mu * b' else b'
                Weight = Expr.weight
            }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "momentum" "share of the buffer that a step keeps, in [0, 1)" _.Momentum (fun x o ->
                { o with Momentum = x })
            Row.number
                "dampening"
                "share of the gradient that stays out of the buffer, in [0, 1]"
                _.Dampening
                (fun x o -> { o with Dampening = x })
            Row.flag
                "nesterov"
                "look ahead along the buffer; needs momentum above 0 and dampening 0"
                _.Nesterov
                (fun x o -> { o with Nesterov = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "SGD"
            Source = "Sutskever et al., ICML 2013, equations 1 to 4, as torch.optim.SGD"
            LearningRate = 0.1
            Decay = Coupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
