namespace Bnn

/// How often a value is computed.
[<EditorBrowsable(Never)>]
type Extent =
    /// Once a step, in float64: step count, learning rate, bias corrections.
    | Once
    /// Once a channel: a channel's bias, an output channel's scale.
    | PerChannel
    /// Once a weight (or activation).
    | PerWeight

/// Operators with one operand.
[<EditorBrowsable(Never)>]
type Op1 =
    | Neg
    | Abs
    | Sqrt
    | Exp
    | Log
    | Tanh
    | Cos
    | Floor
    /// To the nearest whole number, halves to the even one.
    | Round
    /// -1, 0, +1; 0 at 0. What update rules mean by sign.
    | Signum
    /// -1, +1; +1 at 0 and -0; NaN at NaN, so that a network whose numbers are lost says so. What binarizers mean by sign.
    | SignPlus

/// Operators with two operands. Max and Min propagate NaN and order -0 below +0.
[<EditorBrowsable(Never)>]
type Op2 =
    | Add
    | Sub
    | Mul
    | Div
    | Max
    | Min
    | Pow
    /// The remainder with the sign of the dividend.
    | Mod

/// Tests of two numbers; every one is false where an operand is NaN.
[<EditorBrowsable(Never)>]
type Compare =
    | Less
    | LessOrEqual
    | Equal

/// A reduction: one number from many.
[<EditorBrowsable(Never)>]
type Reduction =
    | Sum
    /// The largest magnitude, max |x|; 0 of no numbers.
    | Largest

/// Which numbers are reduced.
[<EditorBrowsable(Never)>]
type Over =
    /// Those of one channel: an output channel's weights, a channel's activations.
    | Channel
    /// All numbers of the tensor of a layer; all parameters of the network that a rule updates.
    | Whole
