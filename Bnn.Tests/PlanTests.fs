module Bnn.Tests.PlanTests

open Bnn
open Bnn.Tests.Checks
open Expecto

let private x = Binarizer.x
let private slope = Input("slope", PerChannel)
let private mean = Expr.mean Channel (abs x)
let private storing formula = Plan.create [ "y", formula ] []

let private divides (pass: Pass) =
    pass.Graph.Nodes
    |> Array.exists (function
        | Node.Binary(Div, _, _) -> true
        | _ -> false)

/// Rows of 18 weights, with thirds whose sums are not exact.
let private rows = 3

let private numbers =
    Array.init (rows * 18) (fun i -> float ((i * 37) % 61 - 30) / 30.0 |> float32 |> float)

let private setting = Plans.setting rows 18

/// y of the formula for the numbers, in float32, by loops of this width.
let private singles width formula =
    let plan = storing formula
    let numbers = numbers |> Array.map float32
    let mutable y = [||]

    let carryOut (pass: Pass) once (row: string -> float[]) =
        let arrays, reductions =
            Reference.run
                (Kernel.single width pass)
                1
                setting.Shape
                (Pass.uniforms once pass)
                (pass.Rows |> Array.map (row >> Array.map float32) |> List.ofArray)
                1
                -7.0f
                [ "x", numbers; "y", Array.create numbers.Length nanf ]

        y <- arrays |> Map.tryFind "y" |> Option.defaultValue y
        reductions

    Reference.runPlan plan setting.Shape setting.Once carryOut |> ignore
    y

[<Tests>]
let tests =
    testList
        "Plan"
        [
            test "what follows from a channel's reductions is computed once a channel, and the loop reads it" {
                let plan = storing (x * mean + (mean - 1.0))
                Expect.equal plan.ChannelNumbers.Count 2 "the mean, and one less"
                Expect.equal (Set plan.Final.Rows) (Set plan.ChannelNumbers.Keys) "what the loop reads"
                Expect.isFalse (divides plan.Final) "no division in the loop"
            }

            test "a mean over a channel is the quotient in float64, rounded once to the loop's type" {
                let means =
                    numbers
                    |> Array.chunkBySize 18
                    |> Array.map (fun row -> float32 (Reference.sumOf (Array.map abs row) / 18.0))

                for width in Reference.widths do
                    let y = singles width (mean + 0.0 * x)

                    for i in 0 .. numbers.Length - 1 do
                        Expect.equal y[i] means[i / 18] $"number {i}, {width}"
            }

            test
                "a number of the channel that comes from outside stays in the loop, and what it is combined with does not" {
                let plan = storing (x * (slope / mean))
                Expect.equal plan.ChannelNumbers.Count 1 "the mean"
                Expect.contains plan.Final.Rows "slope" "read by the loop"
                Expect.isTrue (divides plan.Final) "slope / mean"
            }

            test "a reduction alone is read as it is" {
                let plan = storing (x * Expr.sum Channel x)
                Expect.isEmpty plan.ChannelNumbers "nothing is computed"
                Expect.equal plan.Final.Rows.Length 1 "the sum"
            }

            test "later reductions read such numbers too" {
                let plan = storing Scale.standardize
                Expect.equal plan.Stages.Length 2 "mean, variance"
                Expect.isFalse (divides plan.Stages[1].Pass) "the mean is no quotient of each weight's"
                Expect.equal plan.Stages[1].Pass.Rows.Length 1 "the mean"
                Expect.equal plan.ChannelNumbers.Count 2 "mean, deviation"
            }

            test "how many numbers there are costs no pass, over a channel and over the whole" {
                let plan = storing (x / Expr.sum Channel (Const 1.0) + Expr.sum Whole (Const 1.0))
                Expect.isEmpty plan.Stages "no pass before it"
                Expect.isTrue (Plan.reduces plan && Plan.readsChannels plan) "it depends on other numbers all the same"
                Expect.isFalse (Plan.reduces (storing x) || Plan.readsChannels (storing x)) "x does not"
                Expect.equal (storing (x - mean)).Stages.Head.Pass.SumCount 1 "a mean adds up one thing"

                for how in Plans.ways do
                    let layer =
                        {
                            Name = "counts"
                            Output = x * Expr.sum Channel (Const 1.0) + Expr.sum Whole (Const 1.0)
                            Parameters = []
                        }

                    let y = Plans.forward how setting numbers layer
                    equalBits (numbers |> Array.map (fun x -> x * 18.0 + 54.0)) y $"{how}"
            }

            test "the whole's count is over all parts, a channel's is of its part" {
                let plan =
                    Plan.createFor
                        (fun _ -> true)
                        id
                        []
                        []
                        [ "whole", Expr.sum Whole (Const 1.0); "channel", Expr.sum Channel (Const 1.0) ]

                let runner =
                    { new IPassRunner with
                        member _.Once(_, name) = failtest name

                        member _.Shape part =
                            {
                                Rows = 2
                                Length = int64 (5 + part)
                                Channels = 2
                            }

                        member _.Run(_, _, _, _) = [||]
                    }

                let results = Plan.run [| plan; plan |] runner |> Array.map _.Numbers
                Expect.equal results[0] (Map [ "whole", 22.0; "channel", 5.0 ]) "first part"
                Expect.equal results[1] (Map [ "whole", 22.0; "channel", 6.0 ]) "second part"
            }
        ]
