namespace Bnn.Core

/// An element-wise layer: a formula over the activation x and numbers that each channel has of its own. Its backward pass
/// is derived, not written.
type Layer =
    {
        Name: string
        /// What becomes of x.
        Output: Expr
        /// The learned numbers of a channel.
        Parameters: string list
    }

module Layer =
    let private x = Binarizer.x
    let private dy = Input("dy", PerWeight)
    let private perChannel name = Input(name, PerRow)

    let private shift = "shift"

    /// x + shift, before it is binarized.
    let shifted = x + perChannel shift

    /// RSign: the binarizer of x + shift, the shift learned for each channel (ReActNet, Liu et al., ECCV 2020, equation 3,
    /// with the sign of the shift as in its code).
    let shiftedSign (binarizer: Binarizer) =
        {
            Name = $"shifted {binarizer.Name}"
            Output =
                binarizer.Formula
                |> Expr.substitute (fun leaf -> if leaf = x then Some shifted else None)
            Parameters = [ shift ]
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

    /// alpha times the binarizer of a weight; a row is an output channel, and its scale is not learned.
    let binaryWeight (binarizer: Binarizer) =
        {
            Name = binarizer.Name
            Output = (Binarizer.scaled binarizer).Formula
            Parameters = []
        }

    /// Reads x and the channels' numbers, stores y, adds up what is `watched` for each channel.
    let forward (watched: Expr list) (layer: Layer) =
        Pass.create [ "y", layer.Output ] watched

    /// Reads x, dy and the channels' numbers, stores dx, and adds up each parameter's gradient for each channel.
    let backward (layer: Layer) =
        let gradient variable = dy * Derive.wrt variable layer.Output
        Pass.create [ "dx", gradient x ] (layer.Parameters |> List.map (perChannel >> gradient))
