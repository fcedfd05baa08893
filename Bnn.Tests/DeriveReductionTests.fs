/// Derivatives through reductions, against dual numbers, differences and the textbook.
module Bnn.Tests.DeriveReductionTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.ReductionFormulas
open Expecto
open FsCheck
open FsCheck.FSharp

/// The leaves by name.
let private leaves = [ "x", x; "y", y; "b", b; "s", s ]

/// Fails where two lists of numbers differ by more than rounding, on the scale of the largest.
let private agree relative (expected: float[]) (actual: float[]) what =
    let scale = Array.append expected actual |> Array.map abs |> Array.max

    Array.iteri2
        (fun i e a ->
            Expect.isTrue (near relative (relative * scale + 1e-12) e a) $"{what}: number {i} is {a}, should be {e}")
        expected
        actual

/// The derivative of the loss sum dy e with respect to each number of a leaf, over dual numbers.
let private lossByDuals (case: ReductionCase) name =
    case.Numbers[name]
    |> Array.mapi (fun at _ ->
        (dualsOf case name at case.Formula, case.Numbers["dy"])
        ||> Array.map2 (fun value dy -> dy * value.Derivative)
        |> Array.sum)

/// The same by `Derive.pullback`, contributions added up for leaves that several weights share.
let private lossByPullback (case: ReductionCase) variable =
    let contributions = valuesOf case (Derive.pullback dy variable case.Formula)

    match Expr.extent variable with
    | PerWeight -> contributions
    | Once -> [| Array.sum contributions |]
    | PerChannel ->
        let starts = case.Lengths |> Array.scan (+) 0

        case.Lengths
        |> Array.mapi (fun row length -> Array.sum (Array.sub contributions starts[row] length))

let private loss (case: ReductionCase) =
    Array.map2 (*) (valuesOf case case.Formula) case.Numbers["dy"] |> Array.sum

/// The derivative of the loss with respect to a number of a leaf by central differences of two widths, where they agree: where
/// a kink or a jump lies between the points, or the formula bends too much, differences tell nothing.
let private lossByDifferences (case: ReductionCase) name at =
    let difference h =
        (loss (moved name at h case) - loss (moved name at -h case)) / (2.0 * h)

    let wide, narrow = difference 1e-4, difference 5e-5
    if near 1e-6 1e-6 wide narrow then Some narrow else None

let private everywhere (case: ReductionCase) value =
    Array.create (Array.sum case.Lengths) value

let private filled formula lengths (numbers: (string * float[]) list) =
    {
        Formula = formula
        Lengths = lengths
        Numbers = Map.ofList numbers
    }

[<Tests>]
let tests =
    testList
        "Derive through reductions"
        [
            for kind, cases in [ "any", reductionCases; "reducing", certainlyReducing ] do
                lawOf
                    200
                    $"a number that all weights share is followed through reductions, as dual numbers do ({kind} formulas)"
                    cases
                    (fun case ->
                        let expected = dualsOf case "s" 0 case.Formula |> Array.map _.Derivative
                        agree 1e-9 expected (valuesOf case (Derive.wrt s case.Formula)) (string case))

                lawOf
                    200
                    $"what is pulled back to each number is the loss's derivative, as over dual numbers ({kind} formulas)"
                    cases
                    (fun case ->
                        for name, variable in leaves do
                            agree 1e-9 (lossByDuals case name) (lossByPullback case variable) $"{name} of {case}")

            lawOf
                200
                "what is pulled back to each number is the loss's derivative by central differences"
                certainlyReducing
                (fun case ->
                    for name, variable in leaves do
                        let pulled = lossByPullback case variable

                        pulled
                        |> Array.iteri (fun at derivative ->
                            lossByDifferences case name at
                            |> Option.iter (fun difference ->
                                Expect.isTrue
                                    (near 1e-4 1e-5 difference derivative)
                                    $"number {at} of {name} of {case}: {derivative}, by differences {difference}")))

            test "few of the formulas above are left out, and most depend on what is reduced" {
                let cases = sample 300 (Arb.toGen certainlyReducing)

                let isTold (case: ReductionCase) =
                    Seq.init case.Numbers["x"].Length (lossByDifferences case "x")
                    |> Seq.exists (fun difference -> difference.IsSome && not (same 0.0 difference.Value))

                let told = cases |> Array.filter isTold
                Expect.isGreaterThan told.Length 150 "most formulas must have a derivative that differences show"

                let isFelt (case: ReductionCase) =
                    let own = valuesOf case (dy * Derive.wrt x case.Formula)
                    Array.exists2 (fun all own -> not (near 1e-6 1e-6 all own)) (lossByDuals case "x") own

                let throughFolds = cases |> Array.filter isFelt
                Expect.isGreaterThan throughFolds.Length 100 "and one that its own weight does not tell alone"
            }

            law "with respect to one weight's own number reductions count as fixed" reductionCases (fun case ->
                for reduced in [ Expr.sum Channel case.Formula; Expr.largest Whole case.Formula ] do
                    Expect.equal (Derive.wrt x reduced) (Const 0.0) "a reduction alone does not vary"
                    Expect.equal (Derive.wrt b reduced) (Const 0.0) "with a row's number neither"
                    Expect.equal (Derive.wrt x (reduced * x)) reduced "it is a factor like any other")

            law "where nothing is reduced, what is pulled back is dy times the derivative" reductionCases (fun case ->
                let plain =
                    case.Formula
                    |> Expr.rewrite (function
                        | Reduce(_, _, body) -> body
                        | other -> other)

                agree
                    1e-12
                    (valuesOf case (dy * Derive.wrt x plain))
                    (valuesOf case (Derive.pullback dy x plain))
                    (Print.expr plain))

            law "what is pulled back is linear in dy" reductionCases (fun case ->
                let pulled weight =
                    valuesOf case (Derive.pullback weight x case.Formula)

                agree
                    1e-9
                    (Array.map2 (fun own other -> own - 2.0 * other) (pulled dy) (pulled y))
                    (pulled (dy - 2.0 * y))
                    (string case))

            law
                "a sum over the whole equals the sum of the rows' sums, and so do the derivatives"
                reductionCases
                (fun case ->
                    let whole = Expr.sum Whole case.Formula
                    // Each channel's sum is counted once for each of its weights, so it is shared among them.
                    let shared = Expr.sum Channel case.Formula / Expr.sum Channel (Const 1.0)
                    let byRows = Expr.sum Whole shared
                    agree 1e-9 (valuesOf case whole) (valuesOf case byRows) "the values"

                    for _, variable in leaves do
                        let pulled formula =
                            valuesOf case (Derive.pullback dy variable formula)

                        agree 1e-9 (pulled whole) (pulled byRows) $"{Print.expr variable} of {case}")

            test "gradient centralization is its own backward pass" {
                let centred = x - Expr.mean Channel x

                let case =
                    filled
                        centred
                        [| 3; 2 |]
                        [ "x", [| 1.0; 2.0; 6.0; -1.0; 5.0 |]; "dy", [| 1.0; 0.0; 0.5; 2.0; 4.0 |] ]

                agree 1e-15 [| 0.5; -0.5; 0.0; -1.0; 1.0 |] (lossByPullback case x) "dy less the row's mean of dy"
            }

            test "a norm's gradient is the vector over the norm" {
                let norm = sqrt (Expr.sum Whole (x * x))

                let case = filled norm [| 1; 1 |] [ "x", [| 3.0; -4.0 |]; "dy", [| 1.0; 0.0 |] ]

                agree 1e-15 [| 0.6; -0.8 |] (lossByPullback case x) "x / |x|"

                let half =
                    { case with
                        Numbers = case.Numbers |> Map.add "dy" [| 0.25; 0.25 |]
                    }

                agree 1e-15 [| 0.3; -0.4 |] (lossByPullback half x) "every weight that reads the norm counts"
            }

            test "the largest magnitude passes back to the largest number, with its sign; of several each has its share" {
                let case = filled (Expr.largest Channel x) [| 3; 2 |] []

                let pulled x dy =
                    lossByPullback
                        { case with
                            Numbers = Map.ofList [ "x", x; "dy", dy ]
                        }
                        ReductionFormulas.x

                agree
                    1e-15
                    [| 0.0; -1.5; 0.0; 2.0; 0.0 |]
                    (pulled [| 1.0; -3.0; 2.0; 0.5; 0.25 |] [| 0.5; 0.5; 0.5; 2.0; 0.0 |])
                    "one largest number a row"

                agree
                    1e-15
                    [| 0.0; -0.75; 0.75; 0.0; 0.0 |]
                    (pulled [| 1.0; -3.0; 3.0; 0.0; 0.0 |] [| 0.5; 0.5; 0.5; 2.0; 1.0 |])
                    "two of them; and none where all are 0"
            }

            test "a reduction within a reduction: the standard deviation of a row by its learned scale" {
                // e = s x / sd(s x) does not depend on s > 0.
                let scaled = s * x
                let centred = scaled - Expr.mean Channel scaled
                let normed = centred / sqrt (Expr.mean Channel (centred * centred))

                let case =
                    filled
                        normed
                        [| 3; 3 |]
                        [
                            "x", [| 1.0; 2.0; 6.0; -1.0; 5.0; 0.5 |]
                            "dy", [| 1.0; 0.0; 0.5; 2.0; 4.0; -3.0 |]
                            "s", [| 1.7 |]
                        ]

                agree
                    1e-12
                    (everywhere case 0.0)
                    (valuesOf case (Derive.wrt s normed))
                    "followed through both reductions"

                agree 1e-12 [| 0.0 |] (lossByPullback case s) "and back through them"
                // Nor does it change where a channel is shifted, so what is passed back sums to 0 in each channel.
                let pulled = lossByPullback case x
                agree 1e-12 [| 0.0; 0.0 |] [| Array.sum pulled[..2]; Array.sum pulled[3..] |] "each row's sum"
                Expect.isGreaterThan (pulled |> Array.map abs |> Array.max) 0.01 "but is not 0 throughout"
            }

            law
                "a clip by the norm of all weights varies with what scales the norm, only where it clips"
                reductionCases
                (fun case ->
                    let norm = sqrt (Expr.sum Whole (x * x)) * s
                    let clipped = x / Expr.maximum (Const 1.0) norm
                    let expected = dualsOf case "s" 0 clipped |> Array.map _.Derivative
                    agree 1e-12 expected (valuesOf case (Derive.wrt s clipped)) "by dual numbers")
        ]
