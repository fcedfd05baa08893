/// Layers on torch, and reductions.
module Bnn.Tests.Mutation.LayerPlaces

open Bnn.Tests.Mutation.Place

let all =
    [
        yield!
            placesIn
                "Bnn.CSharp/Layers/TorchLayers.cs"
                "Layer corners"
                [
                    "a mean pool divides an odd border by the whole window",
                    "count_include_pad: false)",
                    "count_include_pad: false, divisor_override: window[0] * window[1])"

                    "a mean pool counts its padding", "count_include_pad: false)", "count_include_pad: true)"
                    "batch norm's epsilon is another", "eps: 1e-5", "eps: 1e-3"

                    "the greater part of new channels comes before",
                    "added / 2, added - added / 2]",
                    "added - added / 2, added / 2]"

                    "a real stage leaves out the learned shift", "shift is null ? x : x.Plus(shift.Value)", "x"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Layers/NetworkMode.cs"
                "Layer corners"
                [
                    "batch norm's momentum is another", "NormMomentum = 0.1", "NormMomentum = 0.01"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Layers/CompiledPass.cs"
                "Layer corners"
                [
                    "a largest magnitude loses NaN over torch operations",
                    "all.abs().amax(",
                    "all.abs().nan_to_num(0).amax("
                ]
        yield!
            placesIn
                "Bnn.Core.fs/Compilation/Emit.fs"
                "Layer corners"
                [
                    "a largest magnitude loses NaN in the compiled loop",
                    "doubles.Method(\"Max\"",
                    "doubles.Method(\"MaxNumber\""
                ]
        yield!
            placesIn
                "Bnn.Core.fs/Binarizers/Elementwise.fs"
                "Layer corners"
                [
                    "RPReLU's derivative at 0 is 1, not the slope",
                    "Expr.ifLess (Const 0.0) z z (perChannel \"slope\" * z) +",
                    "Expr.ifLess z (Const 0.0) (perChannel \"slope\" * z) z +"
                ]
        yield!
            placesIn
                "Bnn.Core.fs/Binarizers/Binarizer.fs"
                "Binarizer thresholds"
                [
                    "DoReFa's derivative is 0 at 0",
                    "Expr.ifLess x (Const 0.0) (Const 0.0) (Expr",
                    "Expr.ifLessOrEqual x (Const 0.0) (Const 0.0) (Expr"

                    "a ternary weight at the threshold is not 0",
                    "Expr.ifLessOrEqual (abs x) (ternaryThreshold over)",
                    "Expr.ifLess (abs x) (ternaryThreshold over)"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Models/ParameterStore.cs"
                "Layer corners"
                [
                    "a learned shift is one channel where a rule folds over channels",
                    "places.Add((offset, member.Layout.Rows, member.Layout.Length));",
                    "places.Add(member.IsWeight ? (offset, member.Layout.Rows, member.Layout.Length) : (offset, 1, member.Count));"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Layers/ElementwiseCall.cs"
                "Elementwise layer"
                [
                    "the images' sums are the last image's", "total[k] += its[k]", "total[k] = its[k]"
                ]
    ]
