namespace Bnn.Core

/// Where an optimizer's weight decay goes.
type DecayKind =
    /// Added to the gradient before the optimizer sees it (L2): g' = g + wd w. What the paper's code does.
    | Coupled
    /// Taken from the weight before the step: w' = (1 - lr wd) w (Loshchilov and Hutter, ICLR 2019).
    | Decoupled
    /// The weight after the step, divided: w' / (1 + lr wd) (Zhuang et al., TMLR 2022; Adan's).
    | Proximal

/// How much of the weights a step takes away: of which groups, by which rate, and where. A negative rate makes weights grow;
/// the paper uses one (Table 1).
type WeightDecay =
    {
        Kind: DecayKind
        /// wd: a schedule.
        Rate: Expr
        /// The groups whose weights decay.
        Groups: Group list
    }

module WeightDecay =
    /// The groups that decay unless others are named: the weights of convolutions, binary and real.
    let convolutions = [ BinaryWeights; RealConvolutions ]

    /// No decay.
    let none =
        {
            Kind = Coupled
            Rate = Const 0.0
            Groups = convolutions
        }

    /// Coupled decay of the convolutions' weights.
    let coupled rate = { none with Rate = rate }

    /// Decoupled decay of the convolutions' weights.
    let decoupled rate =
        {
            Kind = Decoupled
            Rate = rate
            Groups = convolutions
        }

    /// The same decay of these groups.
    let ofGroups groups (decay: WeightDecay) = { decay with Groups = groups }

    /// The whole rule of a training: decay, the optimizer's transform, and the step against what it gives, w' = w - lr u.
    let descend (learningRate: Expr) (decay: WeightDecay) (transform: Rule) =
        let onGroups = Rule.only (Group.isOneOf decay.Groups)
        let step = transform >=> Rule.descend learningRate

        if decay.Rate = Const 0.0 then
            step
        else
            match decay.Kind with
            | Coupled -> onGroups (Rule.addDecayedWeights decay.Rate) >=> step
            | Decoupled -> onGroups (Rule.decoupledDecay learningRate decay.Rate) >=> step
            | Proximal ->
                step
                >=> onGroups (Rule.stepTo (Expr.weight / (1.0 + learningRate * decay.Rate)))

    /// The smallest share of a weight that float32 arithmetic can take from it: half of its last bit, 2^-24.
    let private smallestShare = 2.0 ** -24.0

    /// What float32 would lose, as a sentence: decay whose share of a weight in one step, lr wd, rounds to nothing.
    let warnings (learningRate: Expr) (iterations: int) (decay: WeightDecay) =
        let share = abs (Schedule.value iterations 1 (learningRate * decay.Rate))

        if decay.Kind <> Coupled && share > 0.0 && share < smallestShare then
            [
                $"weight decay: lr wd is {share:g2} at the first step, below 6e-8: float32 loses it; use coupled decay or a larger rate"
            ]
        else
            []

    /// All that is wrong with a decay.
    let validate (decay: WeightDecay) =
        Schedule.validate "weightDecay" decay.Rate
        @ Fault.unless (not decay.Groups.IsEmpty) "weightDecay: groups" "none" "at least one group"
