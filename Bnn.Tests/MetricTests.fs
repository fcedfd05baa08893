module Bnn.Tests.MetricTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.MetricSupport
open Expecto
open FsCheck
open FsCheck.FSharp

let private single = any32

let private two =
    Arb.fromGen (
        gen {
            let! count = Gen.choose (1, 300)
            return! Gen.two (Gen.arrayOfLength count single)
        }
    )

let private historyOf iterations =
    (SignHistory.start (pack (Array.head iterations)), Array.tail iterations)
    ||> Array.fold (fun history weights -> SignHistory.add (pack weights) history)

let private shares =
    gen {
        let! whole = Gen.choose (0, 1000)
        let! part = Gen.choose (0, whole)
        return Share.add (int64 part) (int64 whole) Share.empty
    }

let private differing (a: float32[]) (b: float32[]) =
    Array.map2 (fun a b -> (a >= 0.0f) <> (b >= 0.0f)) a b
    |> Array.filter id
    |> Array.length

[<Tests>]
let tests =
    testList
        "Metric"
        [
            test "packed signs differ where signs differ, for every count from 0 to 300" {
                let numbers = sample 600 single

                for count in 0..300 do
                    let a, b = Array.truncate count numbers, Array.truncate count (Array.rev numbers)
                    Expect.equal (pack a).Count count "as many signs as numbers"
                    Expect.equal (Signs.differing (pack a) (pack b)) (int64 (differing a b)) $"{count} numbers"
            }

            test "each place of a long array is seen on its own" {
                let count = 200
                let plus = Array.create count 1.0f

                for i in 0 .. count - 1 do
                    let flipped = plus |> Array.updateAt i -1.0f
                    Expect.equal (Signs.differing (pack plus) (pack flipped)) 1L $"place {i}"
            }

            test "0 and -0 are +1, NaN is -1, subnormals have their own sign" {
                let numbers = [| 0.0f; -0.0f; nanf; 1e-45f; -1e-45f; infinityf; -infinityf |]
                let signs = [| 1.0f; 1.0f; -1.0f; 1.0f; -1.0f; 1.0f; -1.0f |]

                // Once alone, and once where the vector code sees them.
                for times in [ 1; 24 ] do
                    let many (values: float32[]) =
                        Array.replicate times values |> Array.concat |> pack

                    Expect.equal (Signs.differing (many numbers) (many signs)) 0L $"{times} times"
            }

            law "FF is the share of signs that changed, symmetric, in 0..1" two (fun (a, b) ->
                let ff = Metric.flipFlop (pack a) (pack b)
                Expect.equal ff (float (differing a b) / float a.Length) "the naive share"
                Expect.equal (Metric.flipFlop (pack b) (pack a)) ff "symmetric"
                Expect.isTrue (ff >= 0.0 && ff <= 1.0) "a share")

            law "FF of w and -w is 1 where no weight is 0" two (fun (a, _) ->
                let a = a |> Array.map (fun x -> if x = 0.0f || Single.IsNaN x then 1.0f else x)
                Expect.equal (Metric.flipFlop (pack a) (pack (a |> Array.map (~-)))) 1.0 "all flip"
                Expect.equal (Metric.c2i (pack a) (pack (a |> Array.map (~-)))) 0.0 "nothing is left of the start")

            law "C2I of a run with itself is 1, FF 0" two (fun (a, _) ->
                Expect.equal (Metric.c2i (pack a) (pack a)) 1.0 "C2I"
                Expect.equal (Metric.flipFlop (pack a) (pack a)) 0.0 "FF")

            law "C2I is 1 less the share of signs that differ" two (fun (a, b) ->
                Expect.equal
                    (Metric.c2i (pack a) (pack b))
                    (1.0 - float (differing a b) / float a.Length)
                    "the formula")

            test "signs of different counts are refused; of no weights at all, the ratios are NaN" {
                Expect.throwsT<ArgumentException>
                    (fun () -> Signs.differing (pack [| 1.0f |]) (pack [||]) |> ignore)
                    "1 with 0"

                Expect.isTrue (Double.IsNaN(Metric.flipFlop (pack [||]) (pack [||]))) "FF of nothing"
                Expect.isTrue (Double.IsNaN(Metric.c2i (pack [||]) (pack [||]))) "C2I of nothing"
            }

            law "shares are a commutative monoid under merge" (Arb.fromGen (Gen.three shares)) (fun (a, b, c) ->
                Expect.equal (Share.merge (Share.merge a b) c) (Share.merge a (Share.merge b c)) "in any grouping"

                Expect.equal (Share.merge a b) (Share.merge b a) "in any order"
                Expect.equal (Share.merge Share.empty a) a "nothing added before"
                Expect.equal (Share.merge a Share.empty) a "nothing added behind")

            law "a merged share lies between its parts" (Arb.fromGen (Gen.two shares)) (fun (a, b) ->
                if a.Whole > 0L && b.Whole > 0L then
                    let merged = Share.value (Share.merge a b)
                    Expect.isGreaterThanOrEqual merged (min a.Value b.Value) "at least the smaller"
                    Expect.isLessThanOrEqual merged (max a.Value b.Value) "at most the greater")

            test "a share is Part / Whole, NaN of nothing, and never more than all" {
                Expect.equal (Share.value (Share.add 3L 4L Share.empty)) 0.75 "three quarters"
                isNaN "nothing of nothing" (Share.value Share.empty)

                for part, whole in [ 2L, 1L; -1L, 1L; 0L, -1L ] do
                    refuses [ "part"; string part; string whole ] (fun () -> Share.add part whole Share.empty)
            }

            law
                "a history's FF is the mean of the iterations' FF, its C2I that of the ends"
                (streamOf any32 2)
                (fun s ->
                    let signs = s.Iterations |> Array.map pack
                    let history = historyOf s.Iterations
                    let each = signs |> Array.pairwise |> Array.map (fun (a, b) -> Metric.flipFlop a b)
                    let mean = Array.average each
                    Expect.isTrue (near 1e-14 0.0 mean (SignHistory.flipFlop history)) $"mean {mean}"
                    Expect.equal (SignHistory.c2i history) (Metric.c2i signs[0] (Array.last signs)) "the ends")

            law "a history may be split at any iteration" (streamOf any32 1) (fun s ->
                let whole = historyOf s.Iterations

                for k in 0 .. s.Iterations.Length - 1 do
                    let joined =
                        SignHistory.append (historyOf s.Iterations[..k]) (historyOf s.Iterations[k..])

                    Expect.equal joined whole $"split at {k}")

            law
                "what is far from the start took flips to get there: N (1 - C2I) is at most all flips"
                (streamOf any32 2)
                (fun s ->
                    let history = historyOf s.Iterations
                    let gone = Signs.differing history.First history.Last
                    Expect.isLessThanOrEqual gone history.Flips.Part "each changed sign flipped at least once"
                    Expect.equal ((history.Flips.Part - gone) % 2L) 0L "the others flipped an even number of times")

            test "weights that flip back and forth have FF 1 and C2I 1" {
                let plus = [| 1.0f; -2.0f; 3.0f |]
                let minus = plus |> Array.map (~-)
                let history = historyOf [| plus; minus; plus |]
                Expect.equal (SignHistory.flipFlop history) 1.0 "all flip in each iteration"
                Expect.equal (SignHistory.c2i history) 1.0 "and are back"
            }

            test "before the first iteration FF is NaN and C2I 1; histories that do not meet are refused" {
                let start = SignHistory.start (pack [| 1.0f; -1.0f |])
                isNaN "no iteration" (SignHistory.flipFlop start)
                Expect.equal (SignHistory.c2i start) 1.0 "as it was"
                let other = SignHistory.start (pack [| 1.0f; 1.0f |])
                refuses [ "later"; "1 differ" ] (fun () -> SignHistory.append start other)
                refuses [ "3 signs"; "2" ] (fun () -> SignHistory.add (pack [| 1.0f; 1.0f; 1.0f |]) start)
            }

            law "the flips that a compiled step counts are those of the packed signs" (streamOf finite32 2) (fun s ->
                let w, g = s.Iterations[0], s.Iterations[1]
                let rule = Rule.descend (Schedule.constant 0.5)
                let kernel = Kernel.single Widest (Optimizer.pass rule)
                let uniforms = Pass.uniforms (Optimizer.once 0 1) kernel.Pass
                let noRows: float32[] list = []

                let arrays, sums =
                    Reference.run kernel 1 (Shape.flat (int64 w.Length)) uniforms noRows 0 -7.0f [ "w", w; "g", g ]

                let counted = Share.add (int64 sums[0]) (int64 w.Length) Share.empty
                let history = SignHistory.add (pack arrays["w"]) (SignHistory.start (pack w))
                Expect.equal counted history.Flips "the same share")

            law "an update is what a step added, and its lengths must agree" (streamOf finite32 2) (fun s ->
                let before, after = s.Iterations[0], s.Iterations[1]
                let naive = Array.map2 (fun (a: float32) b -> a - b) after before
                equalBits32 naive (Metric.update (span before) (span after)) "after - before"

                refuses [ "after"; $"{after.Length - 1} weights"; string before.Length ] (fun () ->
                    Metric.update (span before) (span (Array.tail after))))
        ]
