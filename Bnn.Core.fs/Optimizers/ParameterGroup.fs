namespace Bnn

/// What a parameter is. Update rules and weight decay may differ by group.
type ParameterGroup =
    /// Latent weights of binary convolutions.
    | BinaryWeights = 0
    /// Weights of real convolutions.
    | RealConvolutions = 1
    /// Scales and shifts of batch norm.
    | Norms = 2
    /// Learned shifts of activations, and StrongBaseline's learned scales: tensors of four dimensions, which the paper's code
    /// decays with the convolutions.
    | ShiftsAndScales = 3
    /// Slopes of PReLU.
    | Slopes = 4
    /// The last, linear layer: its weights and biases.
    | Classifier = 5

[<EditorBrowsable(Never)>]
module ParameterGroup =
    /// Every group.
    let all =
        [
            ParameterGroup.BinaryWeights
            ParameterGroup.RealConvolutions
            ParameterGroup.Norms
            ParameterGroup.ShiftsAndScales
            ParameterGroup.Slopes
            ParameterGroup.Classifier
        ]

    /// The group in words, for descriptions.
    let inWords (group: ParameterGroup) =
        match group with
        | ParameterGroup.BinaryWeights -> "binary convolutions"
        | ParameterGroup.RealConvolutions -> "real convolutions"
        | ParameterGroup.Norms -> "batch norm"
        | ParameterGroup.ShiftsAndScales -> "shifts and scales"
        | ParameterGroup.Slopes -> "slopes"
        | ParameterGroup.Classifier -> "classifier"
        | unknown -> $"group %d{int unknown}"

    /// The number that stands for the group in formulas: its place in `all`.
    let code (group: ParameterGroup) = float (int group)

    /// The group of the weight that a formula is about, as its code.
    let ofWeight = Expr.uniform "group"

    /// 1 for weights of one of these groups, else 0.
    let isOneOf (groups: ParameterGroup seq) =
        let chosen group rest =
            Expr.ifEqual ofWeight (Const(code group)) (Const 1.0) rest

        Seq.foldBack chosen groups (Const 0.0)

    /// A formula for weights of this group.
    let specialize (group: ParameterGroup) (e: Expr) =
        e
        |> Expr.substitute (fun leaf -> if leaf = ofWeight then Some(Const(code group)) else None)
        |> Expr.decide

    /// All that is wrong with a choice of groups.
    let validate name (groups: ParameterGroup seq) =
        [
            if Seq.isEmpty groups then
                yield! Fault.unless false name "none" "at least one group"
            for group in groups do
                yield! Fault.unless (List.contains group all) name (string (int group)) "a parameter group"
        ]
