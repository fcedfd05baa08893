/// Scaling gives Pillow's bytes, whichever code does it.
module Bnn.Tests.ResamplingTests

open System
open System.IO
open System.Security.Cryptography
open Bnn
open Bnn.Tests.DataSupport
open Expecto

/// As the fixtures' make.py makes them.
let private numbers (seed: uint32) count =
    let mutable state = seed

    Array.init count (fun _ ->
        state <- state * 1664525u + 1013904223u
        byte (state >>> 24))

/// Pillow's algorithm for one row or column, without windows, memory or vectors.
let private scaled (size: int) (result: int) (values: int[]) =
    let scale = float size / float result
    let support = max scale 1.0

    [|
        for i in 0 .. result - 1 do
            let centre = (float i + 0.5) * scale
            let first = max 0 (int (centre - support + 0.5))
            let last = min size (int (centre + support + 0.5)) - 1

            let triangle =
                [|
                    for k in first..last -> max 0.0 (1.0 - abs ((float k - centre + 0.5) * (1.0 / support)))
                |]

            let sum = Array.fold (+) 0.0 triangle
            let weights = triangle |> Array.map (fun w -> int (0.5 + w / sum * 4194304.0))
            let total = Seq.sum (Seq.mapi (fun k w -> w * values[first + k]) weights)
            min 255 ((total + (1 <<< 21)) >>> 22)
    |]

/// A whole image of rows of pixels of channels: first all rows, then all columns.
let private reference (width: int) (height: int) (image: int[][][]) =
    let rows, columns = image.Length, image[0].Length
    let channels = [ 0; 1; 2 ]

    let wide =
        if width = columns then
            image
        else
            image
            |> Array.map (fun row ->
                let parts =
                    channels
                    |> List.map (fun c -> scaled columns width (row |> Array.map (fun p -> p[c])))

                Array.init width (fun x -> [| for part in parts -> part[x] |]))

    if height = rows then
        wide
    else
        let parts =
            [|
                for x in 0 .. width - 1 ->
                    channels
                    |> List.map (fun c -> scaled rows height (wide |> Array.map (fun row -> row[x][c])))
            |]

        Array.init height (fun y -> Array.init width (fun x -> [| for part in parts[x] -> part[y] |]))

let private resize (resampling: Resampling) (source: byte[]) stride crop (width, height) (window: PixelBox) =
    let length = 3 * window.Width * window.Height
    let target = Array.create (length + 32) 77uy
    resampling.Resize(ReadOnlySpan source, stride, crop, width, height, window, Span(target, 0, length))
    Expect.allEqual target[length..] 77uy "nothing is written behind the result"
    target[.. length - 1]

/// Anew for each test, as tests run beside one another.
let private ways () =
    [ "vectors", Resampling(true); "plain code", Resampling(false) ]

let private fixture =
    Path.Combine(AppContext.BaseDirectory, "fixtures", "images", "resampling.txt")

let private boxWithin (generator: byref<SplitMix64>) width height =
    let w, h = 1 + generator.Below width, 1 + generator.Below height
    PixelBox(generator.Below(width - w + 1), generator.Below(height - h + 1), w, h)

[<Tests>]
let tests =
    testList
        "Decoding: scaling"
        [
            test "Crops of random images scaled to any size are Pillow's, bit for bit, and so is any window of them" {
                let ways = ways ()

                for line in File.ReadAllLines fixture do
                    let parts = line.Split ' '
                    let n = parts[1..12] |> Array.map int
                    let source = numbers (uint32 parts[0]) (3 * n[0] * n[1])

                    for name, resampling in ways do
                        let bytes =
                            resize
                                resampling
                                source
                                (3 * n[0])
                                (PixelBox(n[2], n[3], n[4], n[5]))
                                (n[6], n[7])
                                (PixelBox(n[8], n[9], n[10], n[11]))

                        Expect.equal (Convert.ToHexStringLower(SHA256.HashData bytes)) parts[13] $"{name}: {line}"
            }

            test
                "Vectors and plain code give what the plain formula gives, for sources with and without room behind them" {
                let mutable generator = random 5L
                let ways = ways ()

                for round in 1..150 do
                    let width, height = 1 + generator.Below 60, 1 + generator.Below 60
                    let crop = boxWithin &generator width height
                    let toWidth, toHeight = 1 + generator.Below 70, 1 + generator.Below 70
                    let window = boxWithin &generator toWidth toHeight
                    let stride = 3 * width + generator.Below 20
                    let source = randomBytes (int64 round) (stride * (height - 1) + 3 * width) 256

                    let image =
                        [|
                            for y in crop.Y .. crop.Bottom - 1 ->
                                [|
                                    for x in crop.X .. crop.Right - 1 ->
                                        [| for c in 0..2 -> int source[y * stride + 3 * x + c] |]
                                |]
                        |]

                    let whole = reference toWidth toHeight image

                    let expected =
                        [|
                            for y in window.Y .. window.Bottom - 1 do
                                for x in window.X .. window.Right - 1 do
                                    yield! whole[y][x] |> Array.map byte
                        |]

                    for name, resampling in ways do
                        let actual = resize resampling source stride crop (toWidth, toHeight) window

                        Expect.equal
                            actual
                            expected
                            $"{name}: {crop} of {width} x {height} to {toWidth} x {toHeight}, {window}"
            }

            test "White stays white and black stays black, however many pixels are averaged" {
                for value in [ 0uy; 255uy ] do
                    let source = Array.create (3 * 20000) value

                    for _, resampling in ways () do
                        for width, height in [ 1, 1; 7, 3; 300, 1 ] do
                            let all = PixelBox(0, 0, width, height)

                            let actual =
                                resize resampling source (3 * 20000) (PixelBox(0, 0, 20000, 1)) (width, height) all

                            Expect.allEqual actual value $"{width} x {height}"
            }

            test "Next to no memory is taken once a size was met" {
                let resampling = Resampling()
                let source = randomBytes 3L (3 * 300 * 260) 256
                let target = Array.zeroCreate (3 * 224 * 224)

                let once () =
                    resampling.Resize(
                        ReadOnlySpan source,
                        900,
                        PixelBox(0, 0, 300, 260),
                        224,
                        224,
                        PixelBox(0, 0, 224, 224),
                        Span target
                    )

                once ()
                let before = GC.GetAllocatedBytesForCurrentThread()
                once ()
                // Not 0: the runtime counts some of its own.
                Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 20_000L "bytes"
            }

            test "What lies outside the source, and a window outside the result, are refused" {
                let source = Array.zeroCreate<byte>(3 * 20)

                let refused crop size window length =
                    let resize () =
                        Resampling()
                            .Resize(
                                ReadOnlySpan source,
                                15,
                                crop,
                                fst size,
                                snd size,
                                window,
                                Span(Array.zeroCreate<byte> length)
                            )

                    Expect.throwsT<ArgumentException> resize $"{crop} {window} {length}"

                let all = PixelBox(0, 0, 5, 4)

                for crop in
                    [
                        PixelBox(1, 0, 5, 4)
                        PixelBox(0, 1, 5, 4)
                        PixelBox(-1, 0, 5, 4)
                        PixelBox(0, 0, 0, 4)
                        PixelBox(0, Int32.MaxValue, 5, 4)
                        PixelBox(Int32.MaxValue, 0, Int32.MaxValue, 1)
                    ] do
                    refused crop (5, 4) all 60

                for window in [ PixelBox(0, 0, 6, 4); PixelBox(2, 2, 2, 3); PixelBox(0, 0, 0, 0) ] do
                    refused all (5, 4) window (3 * window.Width * window.Height)

                refused all (5, 4) all 59
            }
        ]
