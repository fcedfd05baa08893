module Bnn.Tests.PrintTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto

let private lines (text: string list) = String.concat "\n" text
let private w, g, t = Expr.weight, Expr.gradient, Expr.time

[<Tests>]
let tests =
    testList
        "Print"
        [
            test "decay, Adam, descent" {
                let rule =
                    Rule.addDecayedWeights (Const 5e-6)
                    >=> Adam.rule Adam.defaults
                    >=> Rule.descend (Schedule.linear 1.25e-3 0.0)

                let expected =
                    [
                        "a  = g + 5e-6 * w"
                        "m' = 0.9 * m + (1 - 0.9) * a"
                        "v' = 0.999 * v + (1 - 0.999) * (a * a)"
                        "w' = w - 0.00125 * (1 - (t - 1) / T) * (m' / (1 - 0.9^t) / (sqrt(v') / sqrt(1 - 0.999^t) + 1e-8))"
                    ]

                Expect.equal (Print.text rule) (lines expected) "the formula of one step"
            }

            test "SGD with momentum, and Nesterov's, which uses the buffer twice" {
                let momentum =
                    Sgd.rule { Sgd.defaults with Momentum = 0.9 } >=> Rule.descend (Const 0.1)

                Expect.equal
                    (Print.text momentum)
                    (lines [ "b' = if t = 1 then g else 0.9 * b + g"; "w' = w - 0.1 * b'" ])
                    "momentum"

                let nesterov =
                    Sgd.rule
                        { Sgd.defaults with
                            Momentum = 0.9
                            Nesterov = true
                        }
                    >=> Rule.descend (Const 0.1)

                Expect.equal
                    (Print.text nesterov)
                    (lines [ "b' = if t = 1 then g else 0.9 * b + g"; "w' = w - 0.1 * (g + 0.9 * b')" ])
                    "Nesterov"
            }

            test "the rule that changes nothing" { Expect.equal (Print.text Rule.identity) "w' = w" "w stays" }

            test "shared work gets one line, with a name that nothing else has" {
                let shared = exp w

                let definitions =
                    Print.definitions [ "a", shared * shared + Expr.slot "b"; "w'", shared - shared * shared ]

                let expected = [ "c  = exp(w)"; "d  = c * c"; "a  = d + b"; "w' = c - d" ]
                Expect.equal definitions expected "c and d are free, a and b are not"

                Expect.equal
                    (Print.definitions [ "y", shared; "z", shared ])
                    [ "y = exp(w)"; "z = y" ]
                    "two names of one thing"
            }

            test "brackets stand where they are needed and nowhere else" {
                let is text e =
                    Expect.equal (Print.expr e) text "the text"

                is "w + g * t" (w + g * t)
                is "(w + g) * t" ((w + g) * t)
                is "w - (g - t)" (w - (g - t))
                is "w - g - t" (w - g - t)
                is "w / (g * t)" (w / (g * t))
                is "w / (g / t)" (w / (g / t))
                is "w / g / t" (w / g / t)
                is "-(w + g)" (-(w + g))
                is "-w * g" (-w * g)
                is "(w^g)^t" ((w ** g) ** t)
                is "w^(g^t)" (w ** (g ** t))
                is "(-2)^t" (Const -2.0 ** t)
                is "max(w + g, |t|)" (Expr.maximum (w + g) (abs t))
                is "if w < g then t else 1" (Expr.ifLess w g t (Const 1.0))
                is "(if w <= g then t else 1) + w" (Expr.ifLessOrEqual w g t (Const 1.0) + w)
                is "sqrt(w + g)" (sqrt (w + g))
                is "surrogate(sign(w), w)" (Surrogate(Unary(SignPlus, w), w))
                is "w * (g / t)" (w * (g / t))
                is "w * g / t" (w * g / t)
                is "w + (g + t)" (w + (g + t))
                is "-(2)" (-(Const 2.0))
                is "-2" (Const -2.0)
            }

            test "numbers are written short and exactly" {
                for value, text in
                    [
                        0.0, "0"
                        1.0, "1"
                        -3.0, "-3"
                        0.1, "0.1"
                        5e-6, "5e-6"
                        1e-10, "1e-10"
                        1e100, "1e+100"
                        1.0 / 3.0, "0.3333333333333333"
                    ] do
                    Expect.equal (Print.expr (Const value)) text $"{value}"

                    Expect.equal
                        (Double.Parse(text, Globalization.CultureInfo.InvariantCulture))
                        value
                        "and read back as the same number"
            }

            test "the text does not depend on the machine's language" {
                let before = Globalization.CultureInfo.CurrentCulture

                try
                    Globalization.CultureInfo.CurrentCulture <- Globalization.CultureInfo "de-DE"
                    Expect.equal (Print.expr (0.5 * w)) "0.5 * w" "a point, not a comma"
                finally
                    Globalization.CultureInfo.CurrentCulture <- before
            }

            test "formulas of different value have different texts: a remainder is not a factor like others" {
                let a, b = w * Binary(Mod, g, t), Binary(Mod, w * g, t)
                Expect.notEqual (Print.expr a) (Print.expr b) "w (g mod t) is not (w g) mod t"
            }

            law "printing ends, in as many lines as there is shared work" anyExpr (fun e ->
                let count = (Graph.ofExprs [ e ]).Nodes.Length
                Expect.isLessThanOrEqual (Print.definitions [ "y", e ]).Length (max 1 count) "at most a line a node")

            test "a chain of three optimizers prints in few lines" {
                let adam = Adam.rule { Adam.defaults with AmsGrad = true }
                let text = Print.text (adam >=> adam >=> adam >=> Rule.descend (Const 0.1))
                Expect.isLessThan (text.Split '\n').Length 20 "what is shared is written once"
                Expect.stringContains text "m3' = 0.9 * m3" "each with its own slots"
            }
        ]
