module Bnn.Tests.LatentHistogramTests

open System
open System.Buffers.Binary
open System.IO
open Bnn
open Bnn.Tests.ReportingTests
open Expecto

let private pngSize (path: string) =
    let bytes = File.ReadAllBytes path
    Expect.equal bytes[..7] [| 0x89uy; 0x50uy; 0x4Euy; 0x47uy; 0x0Duy; 0x0Auy; 0x1Auy; 0x0Auy |] "a PNG"

    let number (at: int) =
        BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(bytes, at, 4))

    number 16, number 20

[<Tests>]
let tests =
    testList
        "Latent weights"
        [
            testCase "The picture is a PNG with one panel a stage, at most four in a row, whatever the weights are"
            <| fun () ->
                withFolder (fun folder ->
                    let path = Path.Combine(folder, "latent.png")
                    let odd = [| Single.NaN; Single.PositiveInfinity; Single.NegativeInfinity |]

                    let panels =
                        [|
                            struct ("empty", [||])
                            struct ("not finite", odd)
                            struct ("huge", [| Single.MaxValue; Single.MinValue; 1f |])
                            struct ("zero", Array.zeroCreate 10)
                            struct ("tiny", [| Single.Epsilon; -1e-30f |])
                            struct (String('x', 500) + "\n[é]", [| 0.5f; -0.25f |])
                        |]

                    for count, size in [ 0, (480, 400); 1, (480, 400); 2, (960, 400); 4, (1920, 400); 6, (1920, 800) ] do
                        LatentHistogram.Write(
                            path,
                            [|
                                for struct (title, weights) in panels[.. count - 1] ->
                                    struct (title, WeightHistogram.Of(ReadOnlySpan weights))
                            |]
                        )

                        Expect.equal (pngSize path) size (sprintf "%d panels" count)

                    Expect.equal (Directory.GetFiles folder) [| path |] "nothing else left")

            testCase "The text of the picture is drawn: other titles give other pictures"
            <| fun () ->
                withFolder (fun folder ->
                    let picture (title: string) =
                        let path = Path.Combine(folder, "latent.png")
                        LatentHistogram.Write(path, [| struct (title, WeightHistogram.Of(ReadOnlySpan [| 0.5f |])) |])
                        File.ReadAllBytes path

                    Expect.equal (picture "step 1") (picture "step 1") "the same title"
                    Expect.notEqual (picture "step 1") (picture "step 2") "another digit")

            testCase "The font is the library's own, so that the text is there also on a machine without fonts"
            <| fun () ->
                ChartFont.Register()
                let face = ScottPlot.Fonts.GetTypeface(ChartFont.Name, false, false)
                // the whole font, as a machine has it, would have thousands
                Expect.equal (face.FamilyName, face.GlyphCount < 1000) ("DejaVu Sans", true) "the subset"
                Expect.isTrue (face.ContainsGlyphs "latent weight |w| > 0.9: 12 % …") "its characters"

            testCase "The bins cover [-1.5, 1.5] where the weights reach that far, else 99.9 % of them"
            <| fun () ->
                let limit (weights: float32[]) =
                    WeightHistogram.Of(ReadOnlySpan weights).Limit

                Expect.equal (limit [| 0.5f; -2f |]) 1.5 "beyond"
                Expect.equal (limit [| 0.25f; -0.5f |]) 0.5 "within"

                Expect.equal
                    (limit (Array.append (Array.create 9990 0.25f) (Array.create 10 1f)))
                    0.25
                    "ten outliers in 10000"

                Expect.equal (limit (Array.append (Array.create 9989 0.25f) (Array.create 11 1f))) 1.0 "eleven"
                Expect.equal (limit [||]) 1.5 "none"

            testCase "The shares of the bins and what is outside them add up to 1, and the bins mirror the weights"
            <| fun () ->
                let random = Random 7
                let weights = Array.init 5000 (fun _ -> float32 (4.0 * random.NextDouble() - 2.0))

                let of' (weights: float32[]) =
                    WeightHistogram.Of(ReadOnlySpan weights)

                let histogram = of' (Array.append weights [| Single.NaN; Single.NegativeInfinity |])
                Expect.hasLength histogram.Shares 81 "bins"
                Expect.floatClose Accuracy.high (Array.sum histogram.Shares + histogram.Outside) 1.0 "all weights"
                Expect.equal (histogram.Finite, histogram.NonFinite) (5000L, 2L) "counted"

                let share test =
                    float (weights |> Array.filter (abs >> float >> test) |> Array.length) / 5000.0

                Expect.equal histogram.Above (share (fun w -> w > 0.9)) "far from 0"
                Expect.equal histogram.Below (share (fun w -> w < 0.1)) "near 0"
                Expect.equal histogram.Outside (share (fun w -> w > 1.5)) "outside"
                let ends = of' [| 0f; 0f; -1.5f; 1.5f |]

                Expect.equal
                    (ends.Shares[0], ends.Shares[40], ends.Shares[80])
                    (0.25, 0.5, 0.25)
                    "the ends and the middle"

                let mirrored = of' (Array.map (~-) weights)
                Expect.equal (Array.rev mirrored.Shares) histogram.Shares "mirrored"
        ]
