namespace Bnn

/// A layer as a line of text for people. `LayerJson` is what is read back.
module internal LayerText =
    let private unlessIs usual what (value: 'T) =
        if value = usual then "" else $", {what} {value}"

    let private weights (binarizer: Binarizer) =
        if Binarizer.isNone binarizer then
            "real"
        else
            binarizer.Name

    let write layer =
        match layer with
        | Layer.Convolution c ->
            $"convolution to %d{c.Outputs}, {c.Kernel}"
            + unlessIs (Size2.op_Implicit 1) "stride" c.Stride
            + unlessIs c.Kernel.Half "padding" c.Padding
            + unlessIs 1 "groups" c.Groups
            + (if c.HasBias then ", bias" else "")
            + $": {weights c.Weights}"
        | Layer.Linear l -> $"""linear to %d{l.Outputs}{if l.HasBias then ", bias" else ""}: {weights l.Weights}"""
        | Layer.Sign(binarizer, isShifted) -> binarizer.Name + (if isShifted then ", of x + shift" else "")
        | Layer.Elementwise(formula, _) -> $"{formula.Name}: {Lines.expr (Lines.values formula.Output)}"
        | Layer.Pool p ->
            Layer.kind layer
            + $", stride {p.Stride}"
            + unlessIs (Size2.op_Implicit 0) "padding" p.Padding
        | Layer.Subsample(channels, stride) -> $"every %d{stride} pixels, zeros up to %d{channels} channels"
        | Layer.Upsample factor -> $"each pixel %d{factor} x %d{factor} times"
        | other -> Layer.kind other
