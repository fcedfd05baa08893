/// How training images are augmented: parts, colours, places.
module Bnn.Tests.AugmentationTests

open System
open Bnn
open Bnn.Tests.DataSupport
open Expecto

let private random seed = SplitMix64.Of(seed, 3UL)

/// Many parts of an image of this size.
let private parts (of': RandomResizedCrop) width height =
    let mutable source = random 11L

    [
        for _ in 1..2000 do
            RandomPart.Draw(of', width, height, &source)
    ]

let private bytes seed count = randomBytes seed count 256

let private changed (action: byte[] -> unit) (pixels: byte[]) =
    let copy = Array.copy pixels
    action copy
    copy

/// A picture of 3 channels, all of it augmented in one way.
let private augmented augmentation seed epoch =
    let set = setOf 3 12 10 (bytes 5L (3 * 12 * 10 * 8))

    [
        for k in 0..7 -> (set :> Images).Augmented(k, augmentation, seed, epoch).Pixels.ToArray()
    ]

let private plain =
    let set = setOf 3 12 10 (bytes 5L (3 * 12 * 10 * 8))
    [ for k in 0..7 -> set[k].Pixels.ToArray() ]

let private randomParts =
    testList
        "parts"
        [
            test "Every part lies in the image and has an allowed area and shape, up to rounding" {
                for width, height in [ 500, 375; 64, 48; 301, 300 ] do
                    for part in parts (RandomResizedCrop()) width height do
                        Expect.isTrue (part.IsWithin(width, height)) $"{part}"
                        let area = float part.Width * float part.Height / float (width * height)
                        let ratio = float part.Width / float part.Height
                        let slack = 2.0 / float (min part.Width part.Height)
                        Expect.isTrue (area > 0.08 * (1.0 - slack) && area < 1.0 + slack) $"area {area}"

                        Expect.isTrue
                            (ratio > 0.75 * (1.0 - slack) && ratio < 4.0 / 3.0 * (1.0 + slack))
                            $"shape {ratio}"
            }

            test "Areas are spread evenly, places too" {
                let drawn = parts (RandomResizedCrop(0.2, 0.4)) 400 400
                let areas = [ for part in drawn -> float (part.Width * part.Height) / 160000.0 ]
                Expect.floatClose { absolute = 0.01; relative = 0.0 } (List.average areas) 0.3 "mean area"

                let places = [ for part in drawn -> float part.X / float (400 - part.Width) ]

                Expect.floatClose { absolute = 0.03; relative = 0.0 } (List.average places) 0.5 "mean place"
                Expect.isLessThan (List.min places) 0.02 "the left edge"
                Expect.isGreaterThan (List.max places) 0.98 "the right edge"
            }

            test "All of an image is taken where its area and shape are asked for" {
                for part in parts (RandomResizedCrop(1.0, 1.0, 1.0, 1.0)) 33 33 do
                    Expect.equal part (PixelBox(0, 0, 33, 33)) "the image"
            }

            test "An image of a shape in which no part fits gives the largest allowed part in its middle" {
                for part in parts (RandomResizedCrop(0.9, 1.0)) 1000 10 do
                    Expect.equal part (PixelBox(493, 0, 13, 10)) "wide"

                for part in parts (RandomResizedCrop(0.9, 1.0)) 10 1000 do
                    Expect.equal part (PixelBox(0, 493, 10, 13)) "tall"

                for part in parts (RandomResizedCrop()) 1 1 do
                    Expect.equal part (PixelBox(0, 0, 1, 1)) "one pixel"
            }
        ]

let private colours =
    testList
        "colours"
        [
            test "A factor of 1 changes nothing; 0 gives black, grey, the mean" {
                let pixels = bytes 3L 300
                Expect.equal (changed (fun p -> Colours.Blend(Span p, 77.0, 1.0)) pixels) pixels "blend"
                Expect.equal (changed (fun p -> Colours.Saturate(Span p, 1.0)) pixels) pixels "saturate"
                Expect.equal (changed (fun p -> Colours.Blend(Span p, 0.0, 0.0)) pixels) (Array.zeroCreate 300) "black"
                Expect.equal (changed (fun p -> Colours.Blend(Span p, 77.0, 0.0)) pixels) (Array.create 300 77uy) "mean"

                for pixel in changed (fun p -> Colours.Saturate(Span p, 0.0)) pixels |> Array.chunkBySize 3 do
                    Expect.equal pixel (Array.create 3 pixel[0]) "grey"
            }

            test "The grey of a pixel is its ITU-R 601 luma" {
                for pixel, grey in
                    [
                        [| 255uy; 0uy; 0uy |], 76uy
                        [| 0uy; 255uy; 0uy |], 150uy
                        [| 0uy; 0uy; 255uy |], 29uy
                    ] do
                    Expect.equal
                        (changed (fun p -> Colours.Saturate(Span p, 0.0)) pixel)
                        (Array.create 3 grey)
                        $"{grey}"
            }

            test "Colours are clipped to 0..255, not wrapped" {
                let pixels = [| 0uy; 100uy; 200uy; 255uy |]

                Expect.equal
                    (changed (fun p -> Colours.Blend(Span p, 0.0, 2.0)) pixels)
                    [| 0uy; 200uy; 255uy; 255uy |]
                    "light"

                Expect.equal
                    (changed (fun p -> Colours.Blend(Span p, 128.0, 3.0)) pixels)
                    [| 0uy; 44uy; 255uy; 255uy |]
                    "contrast"
            }

            test "Lighting is normal with the deviations that eigenvalues and eigenvectors give" {
                let mutable source = random 7L

                let drawn =
                    [|
                        for _ in 1..20000 do
                            let struct (r, g, b) = Colours.Lighting(0.1, &source)
                            [| r; g; b |]
                    |]

                let eigenvalues = [| 0.2175; 0.0188; 0.0045 |]

                let vectors =
                    [|
                        [| -0.5675; 0.7192; 0.4009 |]
                        [| -0.5808; -0.0045; -0.8140 |]
                        [| -0.5836; -0.6948; 0.4203 |]
                    |]

                for c in 0..2 do
                    let expected =
                        0.1
                        * sqrt (Array.sum (Array.map2 (fun v l -> (v * l) ** 2.0) vectors[c] eigenvalues))

                    let deviation = sqrt (drawn |> Array.averageBy (fun x -> x[c] * x[c]))
                    Expect.isLessThan (abs (deviation / expected - 1.0)) 0.03 $"channel {c}"
                    Expect.isLessThan (abs (drawn |> Array.averageBy (fun x -> x[c]))) (0.03 * expected) "mean 0"
            }

            test "The published code's lighting leaves a channel as it is or makes it darker by 1" {
                let pixels = bytes 9L 300

                let darker =
                    pixels |> Array.mapi (fun k p -> if k % 3 = 1 && p > 0uy then p - 1uy else p)

                let added =
                    changed (fun p -> Colours.AddTruncated(Span p, struct (0.02, -0.01, 0.0))) pixels

                Expect.equal added darker "green alone is below 0"
            }
        ]

let private whole =
    testList
        "images"
        [
            test "A part of the whole image without mirroring is the image" {
                let same =
                    Augmentation(false, 0, Crop = RandomResizedCrop(1.0, 1.0, 10.0 / 12.0, 10.0 / 12.0))

                Expect.equal (augmented same 1L 0UL) plain "the same pixels"
            }

            test "Lighting adds one number to each channel, jitter of 0 nothing" {
                let none = Augmentation(false, 0, Jitter = ColourJitter(0.0, 0.0, 0.0))
                Expect.equal (augmented none 1L 0UL) plain "as it was"

                for before, after in List.zip plain (augmented (Augmentation(false, 0, Lighting = 0.1)) 1L 0UL) do
                    for channel in 0..2 do
                        let differences =
                            [
                                for k in 120 * channel .. 120 * channel + 119 do
                                    if after[k] > 0uy && after[k] < 255uy then
                                        int after[k] - int before[k]
                            ]
                            |> List.distinct

                        Expect.isLessThanOrEqual differences.Length 2 "up to rounding"
            }

            test "Seed, epoch and place decide, and nothing else" {
                let all =
                    Augmentation(true, 2, Crop = RandomResizedCrop(), Jitter = ColourJitter(), Lighting = 0.1)

                Expect.equal (augmented all 1L 4UL) (augmented all 1L 4UL) "the same"
                Expect.notEqual (augmented all 1L 4UL) (augmented all 2L 4UL) "seed"
                Expect.notEqual (augmented all 1L 4UL) (augmented all 1L 5UL) "epoch"
            }

            test "Colours do not change what place is drawn" {
                let moved = augmented (Augmentation(true, 3)) 8L 2UL
                let none = Augmentation(true, 3, Jitter = ColourJitter(0.0, 0.0, 0.0))
                Expect.equal (augmented none 8L 2UL) moved "by both ways of writing"
            }

            test "A description says how images vary" {
                let text (augmentation: Augmentation) =
                    BnnTrainer().WithAugmentation(augmentation).Describe()

                Expect.stringContains (text Augmentation.None) "trained on as they are; read between batches" "none"

                Expect.stringContains
                    (text Augmentation.Cifar)
                    "mirrored half of the time; moved by up to 4 pixels"
                    "place"

                Expect.equal
                    (Augmentation(true, 0, Crop = RandomResizedCrop(), Lighting = 0.1, TruncatedLighting = true)
                        .InWords())
                    "a part of 8 to 100 % scaled to the size; mirrored half of the time; lighting 0.1, cut off to whole numbers"
                    "ImageNet's"
            }

            test "Each number out of range is a fault by name, and so are colours for grey images" {
                let names (augmentation: Augmentation) channels =
                    [ for fault in augmentation.Validate(channels, 12, 10) -> fault.Name ]

                Expect.equal (names (Augmentation(true, 10)) 3) [ "shift" ] "shift"
                Expect.equal (names (Augmentation(true, -1)) 3) [ "shift" ] "shift"

                for crop in
                    [
                        RandomResizedCrop(0.0, 1.0)
                        RandomResizedCrop(0.5, 0.4)
                        RandomResizedCrop(0.1, 1.1)
                        RandomResizedCrop(0.1, 1.0, 0.0, 1.0)
                        RandomResizedCrop(0.1, 1.0, 2.0, 1.0)
                        RandomResizedCrop(nan, 1.0)
                        RandomResizedCrop(0.1, 1.0, 1.0, infinity)
                    ] do
                    Expect.equal (names (Augmentation(false, 0, Crop = crop)) 3) [ "crop" ] $"{crop}"

                for jitter in [ ColourJitter(-0.1); ColourJitter(0.1, 1.1); ColourJitter(0.1, 0.1, nan) ] do
                    Expect.equal (names (Augmentation(false, 0, Jitter = jitter)) 3) [ "jitter" ] $"{jitter}"

                for lighting in [ -0.1; nan; infinity ] do
                    Expect.equal (names (Augmentation(false, 0, Lighting = lighting)) 3) [ "lighting" ] $"{lighting}"

                Expect.equal (names Augmentation.ImageNet 1) [ "augmentation" ] "grey"
                Expect.equal (names Augmentation.Cifar 1) [] "place alone"
            }
        ]

[<Tests>]
let tests = testList "Augmentation" [ randomParts; colours; whole ]
