module Bnn.Tests.LatexTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private w, g, t = Expr.weight, Expr.gradient, Expr.time
let private lines (text: string list) = String.concat "\n" text

/// Random formulas, some of whose parts are reduced.
let private formulas =
    let reduced (e: Expr) =
        Gen.elements
            [
                e
                Expr.sum Channel e * Expr.weight
                Expr.weight - Expr.sum Whole e
                Expr.largest Channel e
                Expr.largest Whole e ** e
                -Expr.mean Whole e / e
            ]

    Arb.fromGenShrink (anyExprGen |> Gen.bind reduced, shrinkExpr)

/// A text's commands and single characters; a backslash with what it escapes is one.
let private tokens (text: string) =
    let rec from at =
        seq {
            if at < text.Length then
                let last =
                    if text[at] <> '\\' then
                        at
                    else
                        let letters =
                            text.Substring(at + 1) |> Seq.takeWhile Char.IsAsciiLetter |> Seq.length

                        at + max 1 letters

                yield text[at..last]
                yield! from (last + 1)
        }

    List.ofSeq (from 0)

/// What is opened is closed, in order.
let private isBalanced (text: string) =
    let step stack token =
        match stack, token with
        | None, _ -> None
        | Some open', ("{" | @"\left" | @"\begin") -> Some(token :: open')
        | Some("{" :: rest), "}" -> Some rest
        | Some(@"\left" :: rest), @"\right" -> Some rest
        | Some(@"\begin" :: rest), @"\end" -> Some rest
        | _, ("}" | @"\right" | @"\end") -> None
        | open', _ -> open'

    tokens text |> List.fold step (Some []) = Some []

let private count (part: string) (text: string) =
    (text.Length - text.Replace(part, "").Length) / part.Length

let private anyName =
    Gen.elements [ 'm'; 'v'; 'a'; 'β'; '_'; '{'; '}'; '\\'; '^'; '~'; ' '; '%'; '2'; '7'; '\'' ]
    |> Gen.nonEmptyListOf
    |> Gen.map (List.toArray >> String)

[<Tests>]
let tests =
    testList
        "Latex"
        [
            test "Adam is written as in its paper, with its numbers" {
                let rule =
                    Rule.addDecayedWeights (Const 5e-6)
                    >=> Adam.rule Adam.defaults
                    >=> Rule.descend (Schedule.linear 1.25e-3 0.0)

                let expected =
                    [
                        @"\begin{aligned}"
                        @"a_{t} &= g_{t} + 5 \cdot 10^{-6} \, w_{t} \\"
                        @"m_{t} &= 0.9 \, m_{t-1} + \left(1 - 0.9\right) \, a_{t} \\"
                        @"v_{t} &= 0.999 \, v_{t-1} + \left(1 - 0.999\right) \, a_{t}^{2} \\"
                        @"w_{t+1} &= w_{t} - 0.00125 \, \left(1 - \frac{t - 1}{T}\right) \, \frac{\frac{m_{t}}{1 - 0.9^{t}}}{\frac{\sqrt{v_{t}}}{\sqrt{1 - 0.999^{t}}} + 10^{-8}}"
                        @"\end{aligned}"
                    ]

                Expect.equal (Latex.rule rule) (lines expected) "one iteration"
            }

            test "SGD with momentum is written with its two cases" {
                let rule =
                    Sgd.rule { Sgd.defaults with Momentum = 0.9 } >=> Rule.descend (Const 0.1)

                let expected =
                    [
                        @"\begin{aligned}"
                        @"b_{t} &= \begin{cases} g_{t} & \text{if } t = 1 \\ 0.9 \, b_{t-1} + g_{t} & \text{otherwise} \end{cases} \\"
                        @"w_{t+1} &= w_{t} - 0.1 \, b_{t}"
                        @"\end{aligned}"
                    ]

                Expect.equal (Latex.rule rule) (lines expected) "one iteration"
            }

            test "brackets stand where they are needed and nowhere else" {
                let is text e =
                    Expect.equal (Latex.expr e) text (Print.expr e)

                is @"w + g + t" (w + (g + t))
                is @"\left(w + g\right) \, t" ((w + g) * t)
                is @"w - \left(g - t\right)" (w - (g - t))
                is @"w - g - t" (w - g - t)
                is @"\frac{w}{g \, t}" (w / (g * t))
                is @"\frac{w}{\frac{g}{t}}" (w / (g / t))
                is @"w + \left(-g\right)" (w + -g)
                is @"w - \left(-g \, t\right)" (w - (-g * t))
                is @"-\left(-w\right)" (-(-w))
                is @"-\left(w + g\right)" (-(w + g))
                is @"w \, \left(-2\right)" (w * -2.0)
                is @"w \cdot 2" (w * 2.0)
                is @"w \cdot 10^{-8}" (w * 1e-8)
                is @"3 \cdot \frac{1}{2}" (Const 3.0 * (Const 1.0 / Const 2.0))
                is @"w^{2}" (w * w)
                is @"\left(w + 1\right)^{2}" ((w + 1.0) * (w + 1.0))
                is @"\left(w^{g}\right)^{t}" ((w ** g) ** t)
                is @"w^{g^{t}}" (w ** (g ** t))
                is @"\left(-2\right)^{t}" (Const -2.0 ** t)
                is @"\left(10^{-8}\right)^{t}" (Const 1e-8 ** t)
                is @"\left(\frac{w}{g}\right)^{t}" ((w / g) ** t)
                is @"\sum_{\mathrm{channel}} w^{2}" (Expr.sum Channel (w * w))
                is @"\sum_{\mathrm{all}} \left(w - g\right)" (Expr.sum Whole (w - g))
                is @"\left(\sum_{\mathrm{all}} w\right) \, g" (Expr.sum Whole w * g)
                is @"\left(-\sum_{\mathrm{all}} w\right) \, g" (-(Expr.sum Whole w) * g)
                is @"\frac{\sum_{\mathrm{channel}} w}{\sum_{\mathrm{channel}} 1}" (Expr.mean Channel w)
                is @"\max_{\mathrm{channel}} \left|w\right|" (Expr.largest Channel w)

                is
                    @"\left(\begin{cases} t & \text{if } w < g \\ 1 & \text{otherwise} \end{cases}\right) + w"
                    (Expr.ifLess w g t (Const 1.0) + w)
            }

            test "every operator has its usual sign" {
                let is text e =
                    Expect.equal (Latex.expr e) text (Print.expr e)

                let unary op = Unary(op, w + g)
                is @"\left|w + g\right|" (unary Abs)
                is @"\sqrt{w + g}" (unary Sqrt)
                is @"\exp\left(w + g\right)" (unary Exp)
                is @"\ln\left(w + g\right)" (unary Log)
                is @"\tanh\left(w + g\right)" (unary Tanh)
                is @"\cos\left(w + g\right)" (unary Cos)
                is @"\left\lfloor w + g \right\rfloor" (unary Floor)
                is @"\operatorname{round}\left(w + g\right)" (unary Round)
                is @"\operatorname{sign}\left(w + g\right)" (unary Signum)
                is @"\operatorname{sign}_{+}\left(w + g\right)" (unary SignPlus)
                is @"\max\left(w, g\right)" (Expr.maximum w g)
                is @"\min\left(w, g\right)" (Expr.minimum w g)
                is @"\operatorname{mod}\left(w, g\right)" (Binary(Mod, w, g))
                is @"\operatorname{sign}_{+}\left(w\right)" (Surrogate(Unary(SignPlus, w), w))

                is
                    @"\begin{cases} w & \text{if } t \le 1 \\ g & \text{otherwise} \end{cases}"
                    (Expr.ifLessOrEqual t (Const 1.0) w g)
            }

            test "names and numbers" {
                let is text e =
                    Expect.equal (Latex.expr e) text (Print.expr e)

                is @"m_{2}" (Expr.slot "m2")
                is @"\beta_{1}" (Expr.uniform "beta1")
                is @"\mathrm{lr}" (Expr.uniform "lr")
                is @"\mathrm{x\_hat}_{12}" (Expr.uniform "x_hat12")
                is @"\mathrm{0}" (Expr.uniform "0")
                is "0" (Const 0.0)
                is "-3" (Const -3.0)
                is "0.1" (Const 0.1)
                is @"-5 \cdot 10^{-6}" (Const -5e-6)
                is "10^{-10}" (Const 1e-10)
                is "-10^{-10}" (Const -1e-10)
                is "10^{100}" (Const 1e100)
                is "0.3333333333333333" (Const(1.0 / 3.0))
                is @"\infty" (Const infinity)
                is @"-\infty" (Const -infinity)
                is @"\mathrm{NaN}" (Const nan)
            }

            test "slots of chained rules keep their numbers beside the iteration's" {
                let adam = Adam.rule Adam.defaults
                let text = Latex.rule (adam >=> adam >=> Rule.descend (Const 0.1))
                Expect.stringContains text @"m_{2,t} &= 0.9 \, m_{2,t-1}" "the second Adam's mean"
            }

            test "an unread slot does not lend its name to what is shared" {
                let shared = exp g

                let rule =
                    { Rule.identity with
                        Slots = [ Slot.perWeight "a" (Const 0.0) (shared * 2.0) ]
                        Gradient = g
                        Weight = w - shared
                    }

                let expected =
                    [
                        @"\begin{aligned}"
                        @"b_{t} &= \exp\left(g_{t}\right) \\"
                        @"a_{t} &= b_{t} \cdot 2 \\"
                        @"w_{t+1} &= w_{t} - b_{t}"
                        @"\end{aligned}"
                    ]

                Expect.equal (Latex.rule rule) (lines expected) "b is free, a is not"
            }

            lawOf 500 "braces, \\left and \\right, \\begin and \\end are balanced" formulas (fun e ->
                Expect.isTrue (isBalanced (Latex.expr e)) (Latex.expr e))

            law "and so in rules" anyRule (fun rule -> Expect.isTrue (isBalanced (Latex.rule rule)) (Latex.rule rule))

            law "whatever a leaf is called" (Arb.fromGen anyName) (fun name ->
                for leaf in [ Expr.uniform name; Expr.slot name ] do
                    Expect.isTrue (isBalanced (Latex.expr (exp leaf / leaf))) (Latex.expr leaf))

            law "leaves of different names are written differently" (Arb.fromGen (Gen.two anyName)) (fun (a, b) ->
                if a <> b then
                    Expect.notEqual (Latex.expr (Expr.uniform a)) (Latex.expr (Expr.uniform b)) $"{a} and {b}")

            lawOf 500 "every leaf and every number appears" formulas (fun e ->
                let text = Latex.expr e

                for node in (Graph.ofExprs [ e ]).Nodes do
                    match node with
                    | Node.Const bits ->
                        let number = Latex.expr (Const(BitConverter.Int64BitsToDouble bits))
                        Expect.stringContains text number "a number"
                    | Node.Leaf(name, _) -> Expect.stringContains text (Latex.expr (Expr.uniform name)) "a leaf"
                    | _ -> ())

            law "a rule has a line for each of its lines as text" anyRule (fun rule ->
                let inText = (Print.text rule).Split '\n'
                let inLatex = (Latex.rule rule).Split '\n'
                Expect.equal inLatex.Length (inText.Length + 2) "and the block's two"
                Expect.equal (count "&=" (Latex.rule rule)) inText.Length "each an assignment")

            law "no name is assigned twice" anyRule (fun rule ->
                let names =
                    (Latex.rule rule).Split '\n'
                    |> Array.filter _.Contains("&=")
                    |> Array.map (fun line -> line.Split(" &=")[0])

                Expect.equal (Array.distinct names) names (Latex.rule rule))

            test "the text does not depend on the machine's language" {
                let before = Globalization.CultureInfo.CurrentCulture

                try
                    Globalization.CultureInfo.CurrentCulture <- Globalization.CultureInfo "de-DE"
                    Expect.equal (Latex.expr (0.5 * w + 5e-6)) @"0.5 \, w + 5 \cdot 10^{-6}" "a point, not a comma"
                finally
                    Globalization.CultureInfo.CurrentCulture <- before
            }
        ]
