namespace Bnn.Core

/// What a parameter is. Rules may differ by group.
type Group =
    /// Latent weights of binary convolutions.
    | BinaryWeights
    /// Weights of real convolutions.
    | RealConvolutions
    /// Scales and shifts of batch norm.
    | Norms
    /// Learned shifts of activations, and StrongBaseline's learned scales: tensors of four dimensions, which the paper's code
    /// decays with the convolutions.
    | Biases
    /// Slopes of PReLU.
    | Slopes
    /// The last, linear layer: its weights and biases.
    | Classifier

module Group =
    /// Every group.
    let all = [ BinaryWeights; RealConvolutions; Norms; Biases; Slopes; Classifier ]

    /// The number that stands for the group in formulas: its place in `all`.
    let code (group: Group) = float (List.findIndex ((=) group) all)

    /// The group of the weight that a formula is about, as its code.
    let ofWeight = Expr.uniform "group"

    /// 1 for weights of this group, else 0.
    let isOneOf (groups: Group list) =
        let chosen group rest =
            Expr.ifEqual ofWeight (Const(code group)) (Const 1.0) rest

        List.foldBack chosen groups (Const 0.0)

    /// A formula for weights of this group.
    let specialize (group: Group) (e: Expr) =
        e
        |> Expr.substitute (fun leaf -> if leaf = ofWeight then Some(Const(code group)) else None)
        |> Expr.decide
