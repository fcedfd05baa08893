namespace Bnn

open System
open System.Globalization
open System.Collections.Generic

/// Where a training's weight decay goes.
type WeightDecayKind =
    /// Added to the gradient before the optimizer sees it (L2): g' = g + wd w. What the paper's code does.
    | Coupled = 0
    /// Taken from the weight before the step: w' = (1 - lr wd) w (Loshchilov and Hutter, ICLR 2019).
    | Decoupled = 1
    /// The weight after the step, divided: w' / (1 + lr wd) (Zhuang et al., TMLR 2022; Adan's).
    | Proximal = 2
    /// Where the optimizer's row of the catalogue says: coupled for Adam, decoupled for AdamW; coupled for a rule of one's own.
    | ByOptimizer = 3

/// How much of the weights a step takes away: of which groups, by which rate, and where. A plain number is a constant rate. A
/// negative rate makes weights grow; the paper uses one (Table 1).
type WeightDecay =
    {
        Kind: WeightDecayKind
        /// wd: a schedule over the iterations of the stage.
        Rate: Expr
        /// The groups whose weights decay.
        [<EditorBrowsable(Never)>]
        Groups: ParameterGroup list
    }

    static member private OfConvolutions(kind, rate) =
        {
            Kind = kind
            Rate = rate
            Groups = [ ParameterGroup.BinaryWeights; ParameterGroup.RealConvolutions ]
        }

    /// No decay.
    static member None = WeightDecay.OfConvolutions(WeightDecayKind.ByOptimizer, Const 0.0)

    /// Decay of the convolutions' weights, where the optimizer's row of the catalogue says: coupled for Adam, decoupled for AdamW.
    static member Of(rate: Expr) =
        WeightDecay.OfConvolutions(WeightDecayKind.ByOptimizer, rate)

    /// g + wd w, before the optimizer sees the gradient, of the convolutions' weights. The paper's.
    static member Coupled(rate: Expr) =
        WeightDecay.OfConvolutions(WeightDecayKind.Coupled, rate)

    /// (1 - lr wd) w, before the step, of the convolutions' weights (Loshchilov and Hutter, ICLR 2019).
    static member Decoupled(rate: Expr) =
        WeightDecay.OfConvolutions(WeightDecayKind.Decoupled, rate)

    /// w / (1 + lr wd), after the step, of the convolutions' weights (Zhuang et al., TMLR 2022).
    static member Proximal(rate: Expr) =
        WeightDecay.OfConvolutions(WeightDecayKind.Proximal, rate)

    /// Decay at this constant rate, where the optimizer's row of the catalogue says.
    static member op_Implicit(rate: float) : WeightDecay = WeightDecay.Of(Const rate)

    /// The same decay, of these groups alone.
    member decay.On([<ParamArray>] groups: ParameterGroup[]) =
        { decay with
            Groups = List.ofArray groups
        }

    /// The groups whose weights decay; at first the convolutions, binary and real.
    member decay.DecayingGroups: IReadOnlyList<ParameterGroup> = decay.Groups

[<EditorBrowsable(Never)>]
module WeightDecay =
    /// No decay.
    let none = WeightDecay.None

    /// Coupled decay of the convolutions' weights.
    let coupled rate = WeightDecay.Coupled rate

    /// Decoupled decay of the convolutions' weights.
    let decoupled rate = WeightDecay.Decoupled rate

    /// The same decay of these groups.
    let ofGroups groups (decay: WeightDecay) = { decay with Groups = groups }

    /// The decay with its kind decided: by an optimizer whose decay usually goes there.
    let decide (usual: WeightDecayKind) (decay: WeightDecay) =
        if decay.Kind = WeightDecayKind.ByOptimizer then
            { decay with Kind = usual }
        else
            decay

    /// A whole rule with decay. Where the decay is not coupled it is by the rule's own learning rate. Of `ByOptimizer` it is coupled.
    let around (decay: WeightDecay) (rule: Rule) =
        let onGroups = Rule.only (ParameterGroup.isOneOf decay.Groups)
        let rate = Rule.rate rule |> Option.defaultValue (Const 0.0)

        if decay.Rate = Const 0.0 then
            rule
        else
            match decay.Kind with
            | WeightDecayKind.Decoupled -> onGroups (Rule.decoupledDecay rate decay.Rate) >=> rule
            | WeightDecayKind.Proximal -> rule >=> onGroups (Rule.stepTo (Expr.weight / (1.0 + rate * decay.Rate)))
            | _ -> onGroups (Rule.addDecayedWeights decay.Rate) >=> rule

    /// The whole rule of a training: decay, the optimizer's transform, and the step against what it gives, w' = w - lr u.
    let descend (learningRate: Expr) (decay: WeightDecay) (transform: Rule) =
        around decay (transform >=> Rule.descend learningRate)

    /// The smallest share of a weight that float32 arithmetic can take from it: half of its last bit, 2^-24.
    let private smallestShare = 2.0 ** -24.0

    /// What float32 would lose, as a sentence: decay whose share of a weight in one step, lr wd, rounds to nothing.
    let warnings (learningRate: Expr) (iterations: int) (decay: WeightDecay) =
        let share = abs (Schedule.value iterations 1 (learningRate * decay.Rate))

        if
            (decay.Kind = WeightDecayKind.Decoupled || decay.Kind = WeightDecayKind.Proximal)
            && share > 0.0
            && share < smallestShare
        then
            let rounded = share.ToString("g2", CultureInfo.InvariantCulture)

            [
                $"weight decay: lr wd is {rounded} at the first step, below 6e-8: float32 loses it; use coupled decay or a larger rate"
            ]
        else
            []

    /// All that is wrong with a decay.
    let validate (decay: WeightDecay) =
        [
            yield! Schedule.validate "weightDecay" decay.Rate
            yield!
                Fault.unless
                    (Enum.IsDefined decay.Kind)
                    "weightDecay: kind"
                    (string (int decay.Kind))
                    "Coupled, Decoupled, Proximal or ByOptimizer"
            yield! ParameterGroup.validate "weightDecay: groups" decay.Groups
        ]
