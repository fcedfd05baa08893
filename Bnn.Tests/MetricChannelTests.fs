module Bnn.Tests.MetricChannelTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.MetricSupport
open Expecto
open FsCheck
open FsCheck.FSharp

let private camOf channels (iterations: float32[][]) =
    (Cam.empty channels, iterations)
    ||> Array.fold (fun cam values -> Cam.add (span values) cam)

let private ofStream (s: Stream) = camOf s.Channels s.Iterations

/// CAM with a given value in each channel.
let private withValues (values: float32[]) = camOf values.Length [| values |]

/// The standard deviation, dividing by the number of values.
let private deviation (values: float[]) =
    let mean = Array.average values
    sqrt (values |> Array.averageBy (fun v -> (v - mean) ** 2.0))

let private sameCam (a: Cam) (b: Cam) message =
    Array.iter2
        (fun a b -> Expect.isTrue (near 1e-13 0.0 a b || same a b) $"{message}: {a}, should be {b}")
        (Cam.value a)
        (Cam.value b)

[<Tests>]
let camTests =
    testList
        "Metric: CAM and SDAM"
        [
            law "CAM is the mean magnitude of each output channel, to the bit" (streamOf any32 1) (fun s ->
                let naive =
                    s.Iterations
                    |> Array.map (channelsOf s >> Array.map (Array.map (float >> abs) >> Reference.sumOf))
                    |> Array.reduce (Array.map2 (+))
                    |> Array.map (fun sum -> sum / float (s.Length * s.Iterations.Length))

                equalBits naive (Cam.value (ofStream s)) "CAM")

            test "CAM of channels longer than a kernel's block is to the bit the sum in the stated order" {
                let random = Random 5
                let values = Array.init (3 * 40000) (fun _ -> float32 (random.NextDouble() - 0.5))

                let naive =
                    values
                    |> Array.chunkBySize 40000
                    |> Array.map (Array.map (float >> abs) >> Reference.sumOf)

                equalBits (naive |> Array.map (fun sum -> sum / 40000.0)) (Cam.value (camOf 3 [| values |])) "CAM"
            }

            law "CAM does not see signs, and doubles with its numbers" (streamOf finite32 1) (fun s ->
                let by factor =
                    camOf s.Channels (s.Iterations |> Array.map (Array.map (fun v -> factor * v)))

                let cam = Cam.value (ofStream s)
                equalBits cam (Cam.value (by -1.0f)) "of -v"
                equalBits (cam |> Array.map ((*) 2.0)) (Cam.value (by 2.0f)) "of 2 v")

            law
                "CAM belongs to its channel: channels in another order have their CAM in that order, and the same SDAM"
                (streamOf finite32 1)
                (fun s ->
                    let reversed =
                        s.Iterations
                        |> Array.map (channelsOf s >> Array.rev >> Array.concat)
                        |> camOf s.Channels

                    equalBits (Array.rev (Cam.value (ofStream s))) (Cam.value reversed) "CAM"
                    Expect.isTrue (near 1e-12 1e-300 (Cam.sdam (ofStream s)) (Cam.sdam reversed)) "SDAM")

            splits
                "CAM of a stream is that of its parts merged, wherever it is split"
                (streamOf any32 0)
                sameCam
                (fun s -> Cam.empty s.Channels)
                (fun values cam -> Cam.add (span values) cam)
                Cam.merge

            law "SDAM is the deviation of the CAM over all channels" (streamOf finite32 1) (fun s ->
                let cam = ofStream s
                let naive = deviation (Cam.value cam)
                let scale = Array.max (Cam.value cam)
                Expect.isTrue (near 1e-9 (1e-14 * scale) naive (Cam.sdam cam)) $"{Cam.sdam cam}, should be {naive}")

            test "SDAM divides by the number of channels, so of 1 and 3 it is 1" {
                Expect.equal (Cam.sdam (withValues [| 1.0f; -3.0f |])) 1.0 "not sqrt 2"
                Expect.equal (Cam.sdam (withValues [| 5.0f |])) 0.0 "one channel has no spread"
            }

            law "SDAM is exactly 0 where all channels have the same CAM" (streamOf finite32 1) (fun s ->
                let first = (channelsOf s s.Iterations[0])[0]

                let mirrored i =
                    if i % 2 = 0 then first else Array.map (~-) first

                Expect.equal (Cam.sdam (camOf 7 [| Array.init 7 mirrored |> Array.concat |])) 0.0 "no spread")

            law
                "SDAM is at most half of what lies between the least and the greatest CAM"
                (streamOf finite32 1)
                (fun s ->
                    let cam = ofStream s
                    let range = Array.max (Cam.value cam) - Array.min (Cam.value cam)
                    Expect.isLessThanOrEqual (Cam.sdam cam) (range / 2.0 * (1.0 + 1e-12)) "half the range")

            law "SDAM of the mean CAM is at most the mean of the iterations' SDAM" (streamOf finite32 1) (fun s ->
                let each =
                    s.Iterations
                    |> Array.averageBy (fun values -> Cam.sdam (camOf s.Channels [| values |]))

                let slack = 1e-13 * Array.max (Cam.value (ofStream s))
                Expect.isLessThanOrEqual (Cam.sdam (ofStream s)) (each * (1.0 + 1e-12) + slack) "Minkowski")

            law
                "the share below the other's minimum is the naive one"
                (Arb.fromGen (Gen.two (Gen.nonEmptyListOf finite32)))
                (fun (a, b) ->
                    let least = a |> List.map abs |> List.min
                    let naive = b |> List.filter (fun v -> abs v < least) |> List.length

                    let share =
                        Cam.belowMinimum (withValues (Array.ofList a)) (withValues (Array.ofList b))

                    Expect.equal share (Share.add (int64 naive) (int64 b.Length) Share.empty) "naive")

            law "no channel is below its own layer's minimum" (streamOf finite32 1) (fun s ->
                let cam = ofStream s
                Expect.equal (Cam.belowMinimum cam cam).Part 0L "none")

            test "a third of the channels below the minimum is a third; NaN channels are compared with nothing" {
                let adam = withValues [| 2.0f; 3.0f; 9.0f |]
                let sgd = withValues [| 1.0f; 2.0f; 8.0f |]
                Expect.equal (Cam.belowMinimum adam sgd) { Part = 1L; Whole = 3L } "1, but not 2"
                let broken = withValues [| 1.0f; nanf; 8.0f |]
                Expect.equal (Cam.belowMinimum adam broken) { Part = 1L; Whole = 2L } "without the broken channel"
                isNaN "no minimum" (Cam.belowMinimum broken sgd).Value
            }

            test "before the first addition CAM is NaN; layers that do not fit are refused" {
                Cam.value (Cam.empty 2) |> Array.iter (isNaN "no numbers")
                let cam = camOf 2 [| Array.zeroCreate 6 |]
                refuses [ "channels"; "0 channels" ] (fun () -> Cam.empty 0)
                refuses [ "values"; "7 numbers"; "2 channels" ] (fun () -> Cam.add (span (Array.zeroCreate 7)) cam)
                refuses [ "values"; "of 4"; "of 3" ] (fun () -> Cam.add (span (Array.zeroCreate 8)) cam)
                refuses [ "3 channels"; "2" ] (fun () -> Cam.merge cam (Cam.empty 3))
                refuses [ "of 4"; "of 3" ] (fun () -> Cam.merge cam (camOf 2 [| Array.zeroCreate 8 |]))
            }
        ]

/// Batches of images of some channels of some positions; the images' number differs from batch to batch.
type private Batches =
    {
        Shift: float32[]
        Positions: int
        Images: float32[][][]
    }

let private batches number =
    gen {
        let! channels = Gen.choose (1, 4)
        let! positions = Gen.choose (1, 20)
        let! shift = Gen.arrayOfLength channels number
        let image = Gen.arrayOfLength (channels * positions) number
        let! count = Gen.choose (0, 4)

        let batch =
            Gen.choose (0, 3) |> Gen.bind (fun images -> Gen.arrayOfLength images image)

        let! images = Gen.arrayOfLength count batch

        return
            {
                Shift = shift
                Positions = positions
                Images = images
            }
    }

let private anyBatches =
    Arb.fromGenShrink (
        batches (Gen.frequency [ 4, finite32; 1, any32 ]),
        fun b ->
            seq {
                for k in 0 .. b.Images.Length - 1 do
                    { b with
                        Images = Array.removeAt k b.Images
                    }
            }
    )

let private saturationOf (b: Batches) images =
    (Saturation.empty b.Shift.Length, images)
    ||> Array.fold (fun all batch -> Saturation.add b.Positions (span b.Shift) (span (Array.concat batch)) all)

[<Tests>]
let saturationTests =
    testList
        "Metric: saturation"
        [
            law "a channel's saturation is the share of |x + shift| > 1, over all batches" anyBatches (fun b ->
                let naive =
                    b.Shift
                    |> Array.mapi (fun c shift ->
                        let numbers =
                            b.Images
                            |> Array.concat
                            |> Array.collect (fun image -> (Array.chunkBySize b.Positions image)[c])

                        {
                            Part =
                                numbers
                                |> Array.filter (fun x -> abs (x + shift) > 1.0f)
                                |> Array.length
                                |> int64
                            Whole = numbers.Length
                        })

                let saturation = saturationOf b b.Images
                Expect.equal (Saturation.perChannel saturation) naive "naive"
                Expect.equal (Saturation.value saturation) (Array.reduce Share.merge naive) "all channels")

            law "saturation is the same to the bit wherever the batches are split" anyBatches (fun b ->
                let whole = saturationOf b b.Images

                for k in 0 .. b.Images.Length do
                    let first, second = Array.splitAt k b.Images
                    Expect.equal (Saturation.merge (saturationOf b first) (saturationOf b second)) whole $"after {k}"

                let joined = saturationOf b [| Array.concat b.Images |]
                Expect.equal (Saturation.perChannel joined) (Saturation.perChannel whole) "one large batch")

            law "what a layer's forward pass watches is the saturation" anyBatches (fun b ->
                let images = Array.concat b.Images
                let x = Array.concat images

                let shape =
                    {
                        Rows = images.Length * b.Shift.Length
                        Length = int64 b.Positions
                        Channels = b.Shift.Length
                    }

                let pass =
                    Elementwise.shiftedSign Binarizer.approxSign
                    |> Elementwise.forward [ Metric.saturated Elementwise.shifted ]

                let _, sums =
                    Reference.run
                        (Kernel.single Widest pass)
                        1
                        shape
                        (Pass.uniforms (fun _ -> nan) pass)
                        [ b.Shift ]
                        0
                        -7.0f
                        [ "x", x; "y", Array.zeroCreate x.Length ]

                let shares = Saturation.perChannel (saturationOf b b.Images)
                Expect.equal (shares |> Array.map (fun share -> float share.Part)) sums "the same counts")

            test "1 and -1 are not saturated, the shift decides, and NaN is not" {
                let share shift (x: float32[]) =
                    (Saturation.add 1 (span [| shift |]) (span x) (Saturation.empty 1)
                     |> Saturation.value)
                        .Value

                Expect.equal (share 0.0f [| 1.0f; -1.0f; 1.0000001f; -1.0000001f |]) 0.5 "beyond 1"
                Expect.equal (share 0.5f [| 0.75f; -0.75f |]) 0.5 "only the one that the shift takes beyond"
                Expect.equal (share 0.0f [| nanf; infinityf; -infinityf; 0.0f |]) 0.5 "infinities are, NaN is not"
            }

            test "of no activations the share is NaN; what does not fit is refused" {
                let empty = Saturation.empty 2
                isNaN "nothing" (Saturation.value empty).Value
                let two = [| 0.0f; 0.0f |]
                refuses [ "channels"; "0 channels" ] (fun () -> Saturation.empty 0)
                refuses [ "positions"; "0 positions" ] (fun () -> Saturation.add 0 (span two) (span [||]) empty)

                refuses [ "shift"; "1 shifts"; "2 channels" ] (fun () ->
                    Saturation.add 1 (span [| 0.0f |]) (span two) empty)

                refuses [ "x"; "5 activations"; "2 channels" ] (fun () ->
                    Saturation.add 2 (span two) (span (Array.zeroCreate 5)) empty)

                refuses [ "3 channels"; "2" ] (fun () -> Saturation.merge empty (Saturation.empty 3))
            }
        ]
