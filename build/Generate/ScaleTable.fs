/// The ways to scale a binarizer of weights, as a table.
module Bnn.Generate.ScaleTable

open System
open Bnn

/// The function of F#, the value, what the derivative is, and the source. `alpha` is mean |w| over the output channel.
let private row scale =
    match scale with
    | WeightScale.InValueOnly ->
        "Scale.valueOnly mean", "alpha b(w)", "b'(w): the scale is left out", "the code of Liu et al., ICML 2021"
    | WeightScale.Detached ->
        "Scale.detached mean", "alpha b(w)", "alpha b'(w): the scale is a number", "Liu et al., ECCV 2018, section 3.3"
    | WeightScale.Attached ->
        "Scale.attached mean",
        "alpha b(w)",
        "whole: a weight also changes the scale of its channel's other weights",
        "the product rule"
    | WeightScale.XnorNet ->
        "Scale.xnorNet",
        "alpha b(w)",
        "1 / n + alpha b'(w), n the weights of a channel",
        "Rastegari et al., ECCV 2016, section 3.1"
    | WeightScale.Learned ->
        "Scale.learned",
        "scale b(w), the scale learned for each channel from alpha or 1",
        "scale b'(w); of the scale: the sum of dy b(w) over the channel",
        "Bulat and Tzimiropoulos, BMVC 2019"
    | WeightScale.Standardized ->
        "Scale.standardized",
        "b(z), z = (w - mean w) / std w over the channel; std with n - 1",
        "whole: back through mean and std",
        "Qin et al., CVPR 2020, section 3.2"
    | WeightScale.IrNet ->
        "Scale.irNet",
        "2^s b(z), s = round(log2 mean \|z\|)",
        "whole but for 2^s, which is a number",
        "Qin et al., CVPR 2020, section 3.2"
    | unknown -> failwith $"{unknown} has no row in ScaleTable.fs"

let lines =
    [
        "| C#: `WithScale(WeightScale.X)` | F# | value | derivative | source |"
        "|---|---|---|---|---|"
        for scale in Enum.GetValues<WeightScale>() do
            let call, value, derivative, source = row scale
            $"| `{scale}` | `{call} b` | {value} | {derivative} | {source} |"
    ]
