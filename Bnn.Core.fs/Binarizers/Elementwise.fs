namespace Bnn

open System.Collections.Generic

/// An element-wise layer: a formula over the activation x and numbers that each channel has of its own; over noise, t and T,
/// and reductions over x, where its binarizer reads them. Its backward pass is derived, not written.
[<EditorBrowsable(Never)>]
type Elementwise =
    {
        Name: string
        /// What becomes of x.
        Output: Expr
        /// The learned numbers of a channel.
        Parameters: string list
    }

[<EditorBrowsable(Never)>]
module Elementwise =
    let private x = Binarizer.x
    let private dy = Input("dy", PerWeight)
    let private perChannel name = Input(name, PerChannel)

    let private shift = "shift"

    /// x + shift, before it is binarized.
    let shifted = x + perChannel shift

    /// RSign: the binarizer of x + shift, the shift learned for each channel (ReActNet, Liu et al., ECCV 2020, equation 3,
    /// with the sign of the shift as in its code).
    let shiftedSign (binarizer: Binarizer) =
        {
            Name = $"shifted {binarizer.Name}"
            Output = (Binarizer.at shifted binarizer).Formula
            Parameters = shift :: binarizer.Parameters
        }

    /// RPReLU: z = x + before; z where z > 0, else slope z; + after. All three learned for each channel (ReActNet, equation 4,
    /// with the signs of the shifts as in its code).
    let shiftedPRelu =
        let z = x + perChannel "before"

        {
            Name = "shifted PReLU"
            Output = Expr.ifLess (Const 0.0) z z (perChannel "slope" * z) + perChannel "after"
            Parameters = [ "before"; "slope"; "after" ]
        }

    /// PReLU: x where x > 0, else slope x; the slope learned for each channel (He et al., ICCV 2015, equation 1).
    let prelu =
        {
            Name = "PReLU"
            Output = Expr.ifLess (Const 0.0) x x (perChannel "slope" * x)
            Parameters = [ "slope" ]
        }

    /// max(x, 0); derivative 0 at 0.
    let relu =
        {
            Name = "ReLU"
            Output = Expr.ifLessOrEqual x (Const 0.0) (Const 0.0) x
            Parameters = []
        }

    // The ends belong to the middle, where the derivative is 1.
    let private clip z =
        Expr.ifLess z (Const -1.0) (Const -1.0) (Expr.ifLess (Const 1.0) z (Const 1.0) z)

    /// x clipped to -1..1; derivative 1 at the ends.
    let hardTanh =
        {
            Name = "hard tanh"
            Output = clip x
            Parameters = []
        }

    // What a clip is tried at: below, within and above any ends, and where a formula may turn.
    let private probes =
        [ -1e30; -1e6; -100.0; 100.0; 1e6; 1e30 ]
        @ [ for k in -160 .. 160 -> float k / 16.0 ]

    /// Whether e, as a function of v alone, is clip(low, v, high) with fixed low < high.
    let private isClipOf (v: Expr) (e: Expr) =
        Expr.leaves e = [ v ]
        && not ((Graph.ofExprs [ e ]).Nodes |> Array.exists _.IsReduce)
        && (let at x =
                Algebra.evaluateExpr Algebra.float64 (fun _ -> x) e

            let low, high = at -1e30, at 1e30

            low < high
            && -1e30 < low
            && high < 1e30
            && List.forall
                (fun x ->
                    let expected = max low (min high x)
                    abs (at x - expected) <= 1e-12 * (1.0 + abs expected))
                (low :: high :: (low + high) / 2.0 :: probes))

    /// What a layer clips: the z, smallest of its parts, of which its output is clip(low, z, high) with fixed low < high, however that is
    /// written; None where the layer is no clip. z is x alone, or x with the channel's numbers.
    let beforeClip (layer: Elementwise) =
        let v = Input("clipped", PerWeight)
        let parts = List<Expr>()

        layer.Output
        |> Expr.rewrite (fun node ->
            if Expr.extent node = PerWeight && not (parts.Contains node) then
                parts.Add node

            node)
        |> ignore

        // operands come before what is made of them
        parts
        |> Seq.tryFind (fun z ->
            layer.Output
            |> Expr.rewrite (fun node -> if node = z then v else node)
            |> isClipOf v)
        |> Option.map (fun z -> { layer with Output = z })

    /// x + shift clipped to -1..1, the shift learned for each channel: the real twin of `shiftedSign`.
    let shiftedClip =
        {
            Name = "shifted hard tanh"
            Output = clip shifted
            Parameters = [ shift ]
        }

    /// The binarizer alone, of an activation or, with its scale, of a weight. `Binarizer.evaluation` gives what a layer is outside
    /// training.
    let ofBinarizer (binarizer: Binarizer) =
        {
            Name = binarizer.Name
            Output = binarizer.Formula
            Parameters = binarizer.Parameters
        }

    // A reduction that only a surrogate gradient holds would cost a pass that nothing reads.
    let private valueOf e =
        e
        |> Expr.rewrite (function
            | Surrogate(value, _) -> value
            | other -> other)

    let private gradient (layer: Elementwise) variable =
        valueOf (Derive.pullback dy variable layer.Output)

    /// What a layer gives: NaN where x is NaN, whatever its formula says.
    let private output (layer: Elementwise) =
        Expr.keepingNaN x (valueOf layer.Output)

    /// Reads x and the channels' numbers, stores y, adds up what is `watched` for each channel. The output holds no reduction.
    let forward (watched: Expr list) (layer: Elementwise) =
        Pass.create [ "y", output layer ] watched

    /// Reads x, dy and the channels' numbers, stores dx, and adds up each parameter's gradient for each channel. The output holds
    /// no reduction.
    let backward (layer: Elementwise) =
        Pass.create [ "dx", gradient layer x ] (layer.Parameters |> List.map (perChannel >> gradient layer))

    /// `forward` of any layer: the passes that its reductions need first, then the one that stores y. Without reductions that one alone.
    let forwardPlan (watched: Expr list) (layer: Elementwise) =
        Plan.create [ "y", output layer ] (watched |> List.map (fun e -> Sum, valueOf e))

    /// `backward` of any layer: also what comes back through the reductions. The reductions are computed again from x, which costs less
    /// than keeping a formula's parts.
    let backwardPlan (layer: Elementwise) =
        Plan.create
            [ "dx", gradient layer x ]
            (layer.Parameters |> List.map (fun name -> Sum, gradient layer (perChannel name)))
