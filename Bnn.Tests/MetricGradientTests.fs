module Bnn.Tests.MetricGradientTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.MetricSupport
open Expecto
open FsCheck
open FsCheck.FSharp

let private gradientsOf (s: Stream) iterations =
    (ChannelGradients.empty s.Channels, iterations)
    ||> Array.fold (fun all values -> ChannelGradients.add (span values) all)

let private camOf channels values =
    Cam.add (span values) (Cam.empty channels)

let private squares (values: float32[]) =
    values |> Array.sumBy (fun g -> float g * float g)

let private sameGradients a b message =
    Expect.equal (ChannelGradients.zeros a) (ChannelGradients.zeros b) $"{message}: zeros, to the bit"

    Array.iter2
        (fun a b -> Expect.isTrue (near 1e-13 0.0 a b || same a b) $"{message}: norm {a}, should be {b}")
        (ChannelGradients.norm a)
        (ChannelGradients.norm b)

/// Channels of the same magnitude, which may be any.
let private anyMagnitude =
    gen {
        let! exponent = Gen.choose (-44, 38)
        let! count = Gen.choose (1, 50)
        let! numbers = Gen.arrayOfLength count (Gen.choose (-999, 999))

        return
            numbers
            |> Array.map (fun k -> float32 (float k / 333.0 * Math.Pow(10.0, float exponent)))
    }

/// One step of a rule from weights 0, in float64: the updates.
let private step rule (gradients: float32[]) =
    let weights = Array.zeroCreate gradients.Length

    let struct (_, after) =
        Optimizer.step rule (Optimizer.start rule weights) (Array.map float gradients) weights

    Metric.update (span (Array.map float32 weights)) (span (Array.map float32 after))

let private rate = 0.125
let private sgd = Rule.descend (Schedule.constant rate)
let private adam = Rule.chain (Adam.rule { Adam.defaults with Epsilon = 1e-30 }) sgd

/// Gradients without zeros, of ordinary size.
let private nonZero =
    streamOf
        (Gen.choose (1, 2000)
         |> Gen.map2 (fun sign k -> sign * float32 k / 1000.0f) (Gen.elements [ 1.0f; -1.0f ]))
        1

let private rates rule channels gradients =
    Cam.effectiveRate (camOf channels (step rule gradients)) (camOf channels gradients)

[<Tests>]
let tests =
    testList
        "Metric: gradients"
        [
            law
                "a channel's norm is sqrt(sum g^2); over several additions their root mean square"
                (streamOf any32 1)
                (fun s ->
                    let naive =
                        allOf s |> Array.map (fun all -> sqrt (squares all / float s.Iterations.Length))

                    let norm = ChannelGradients.norm (gradientsOf s s.Iterations)

                    Array.iter2
                        (fun n a -> Expect.isTrue (near 1e-6 0.0 n a || same n a) $"{a}, should be {n}")
                        naive
                        norm)

            law "norms are right where float32's squares vanish or overflow" (Arb.fromGen anyMagnitude) (fun g ->
                let norm =
                    ChannelGradients.norm (ChannelGradients.add (span g) (ChannelGradients.empty 1))

                Expect.isTrue
                    (near 1e-6 0.0 (sqrt (squares g)) norm[0] || same (sqrt (squares g)) norm[0])
                    $"{norm[0]}")

            law "zeros are counted exactly, -0 too, NaN and the smallest numbers not" (streamOf any32 1) (fun s ->
                let naive =
                    allOf s
                    |> Array.map (fun all ->
                        {
                            Part = all |> Array.filter (fun g -> g = 0.0f) |> Array.length |> int64
                            Whole = all.Length
                        })

                Expect.equal (ChannelGradients.zeros (gradientsOf s s.Iterations)) naive "naive")

            test "of 0, -0, the smallest number and NaN, two are zero" {
                let gradients =
                    ChannelGradients.add (span [| 0.0f; -0.0f; 1e-45f; nanf |]) (ChannelGradients.empty 1)

                Expect.equal (ChannelGradients.zeros gradients) [| { Part = 2L; Whole = 4L } |] "0 and -0"
            }

            law "a channel has norm 0 where all its gradients are zero, and only there" (streamOf finite32 1) (fun s ->
                let gradients = gradientsOf s s.Iterations

                Array.iter2
                    (fun norm (zeros: Share) -> Expect.equal (norm = 0.0) (zeros.Part = zeros.Whole) $"norm {norm}")
                    (ChannelGradients.norm gradients)
                    (ChannelGradients.zeros gradients))

            splits
                "gradients of a stream are those of its parts merged, wherever it is split"
                (streamOf any32 0)
                sameGradients
                (fun s -> ChannelGradients.empty s.Channels)
                (fun values all -> ChannelGradients.add (span values) all)
                ChannelGradients.merge

            law "mean |g| comes with the gradients, and is at most norm / sqrt(length)" (streamOf finite32 1) (fun s ->
                let g = s.Iterations[0]
                let gradients = gradientsOf s [| g |]
                let mean = Cam.value (ChannelGradients.magnitudes gradients)
                equalBits (Cam.value (camOf s.Channels g)) mean "the CAM of g"

                Array.iter2
                    (fun mean norm ->
                        Expect.isLessThanOrEqual
                            mean
                            (norm / sqrt (float s.Length) * (1.0 + 1e-6))
                            "the root mean square is more")
                    mean
                    (ChannelGradients.norm gradients))

            law "plain descent's effective rate is the learning rate in every channel" nonZero (fun s ->
                for effective in rates sgd s.Channels s.Iterations[0] do
                    Expect.isTrue (near 1e-6 0.0 rate effective) $"{effective}")

            law
                "Adam's effective rate in its first step is rate / mean |g|: small gradients are made up for"
                nonZero
                (fun s ->
                    let g = s.Iterations[0]

                    Array.iter2
                        (fun mean effective ->
                            Expect.isTrue (near 1e-5 0.0 (rate / mean) effective) $"{effective}, mean {mean}")
                        (Cam.value (camOf s.Channels g))
                        (rates adam s.Channels g))

            law
                "gradients a thousandth as large have a thousand times Adam's effective rate, and descent's is the same"
                nonZero
                (fun s ->
                    let g = s.Iterations[0]
                    let small = g |> Array.map (fun g -> g / 1024.0f)

                    for rule, factor in [ adam, 1024.0; sgd, 1.0 ] do
                        Array.iter2
                            (fun a b -> Expect.isTrue (near 1e-5 0.0 (factor * a) b) $"{b}, should be {factor} * {a}")
                            (rates rule s.Channels g)
                            (rates rule s.Channels small))

            test "the effective rate is a ratio of means: one zero gradient does not make it infinite" {
                let rate updates gradients =
                    (Cam.effectiveRate (camOf 1 updates) (camOf 1 gradients))[0]

                Expect.equal (rate [| 1.0f; -2.0f |] [| 0.0f; -12.0f |]) 0.25 "3 / 12"
                Expect.equal (rate [| 0.0f |] [| 2.0f |]) 0.0 "no update"
                Expect.equal (rate [| 1.0f |] [| 0.0f |]) infinity "an update without a gradient"
                isNaN "neither" (rate [| 0.0f |] [| 0.0f |])

                refuses [ "gradients"; "3 channels"; "of 2" ] (fun () -> Cam.effectiveRate (Cam.empty 2) (Cam.empty 3))
            }

            law
                "what a compiled step sums as its update's magnitude is the updates' CAM, to the bit"
                (streamOf finite32 2)
                (fun s ->
                    let w, g = s.Iterations[0], s.Iterations[1]

                    let kernel =
                        Kernel.single Widest (Pass.create [ "w", sgd.Weight ] [ Metric.updateMagnitude sgd ])

                    let noRows: float32[] list = []

                    let shape =
                        {
                            Rows = s.Channels
                            Length = s.Length
                            Channels = s.Channels
                        }

                    let constants = Pass.uniforms (fun _ -> nan) kernel.Pass

                    let arrays, sums =
                        Reference.run kernel 1 shape constants noRows 0 -7.0f [ "w", w; "g", g ]

                    let cam = camOf s.Channels (Metric.update (span w) (span arrays["w"]))

                    equalBits
                        (sums |> Array.map (fun sum -> sum / float s.Length))
                        (Cam.value cam)
                        "CAM of the updates")

            test "before the first addition there is no norm; layers that do not fit are refused" {
                let empty = ChannelGradients.empty 2
                ChannelGradients.norm empty |> Array.iter (isNaN "no norm")

                ChannelGradients.zeros empty
                |> Array.iter (fun share -> isNaN "no share" share.Value)

                refuses [ "channels"; "-1" ] (fun () -> ChannelGradients.empty -1)

                refuses [ "gradients"; "3 numbers"; "2 channels" ] (fun () ->
                    ChannelGradients.add (span (Array.zeroCreate 3)) empty)

                let four = ChannelGradients.add (span (Array.zeroCreate 4)) empty

                refuses [ "gradients"; "of 3"; "of 2" ] (fun () ->
                    ChannelGradients.add (span (Array.zeroCreate 6)) four)

                refuses [ "3 channels"; "2" ] (fun () -> ChannelGradients.merge empty (ChannelGradients.empty 3))
            }
        ]
