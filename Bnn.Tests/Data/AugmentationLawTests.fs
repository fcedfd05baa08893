/// How what augmentation draws is spread: the laws of its distributions, on so many draws of fixed seeds that chance is far below each bound.
module Bnn.Tests.AugmentationLawTests

open System
open Bnn
open Expecto

/// The largest distance of the numbers' distribution from the uniform one on low..high (Kolmogorov and Smirnov's).
let private fromUniform low high (numbers: float[]) =
    let count = float numbers.Length

    Array.sort numbers
    |> Array.mapi (fun i x ->
        let should = (x - low) / (high - low)
        max (abs (should - float i / count)) (abs (should - float (i + 1) / count)))
    |> Array.max

/// Chance leaves 20,000 uniform numbers within 0.0138 in all but 1 of 1,000 seeds.
let private chance = 0.0138

/// Uniform, but for chance and for numbers that were rounded to so many steps.
let private isUniformIn steps low high numbers what =
    Expect.isLessThan (fromUniform low high numbers) (chance + 1.0 / steps) $"{what}: uniform in {low}..{high}"

let private isUniform low high numbers what =
    isUniformIn infinity low high numbers what

/// Each of so many places is taken as often as any other, to 5 deviations.
let private areEven places (drawn: 'a list) what =
    let share = float drawn.Length / float places
    let counts = drawn |> List.countBy id
    Expect.equal counts.Length places $"{what}: how many there are"

    for place, count in counts do
        Expect.isLessThan (abs (float count - share)) (5.0 * sqrt share) $"{what}: {place}"

let private correlation (a: float[]) (b: float[]) =
    let centred (x: float[]) =
        x |> Array.map (fun v -> v - Array.average x)

    let dot (x: float[]) y = Array.map2 (*) x y |> Array.sum
    let a, b = centred a, centred b
    dot a b / sqrt (dot a a * dot b b)

let private parts count (of': RandomResizedCrop) width height =
    let mutable source = SplitMix64.Of(23L, 5UL)

    [|
        for _ in 1..count do
            RandomPart.Draw(of', width, height, &source)
    |]

let private crops =
    [
        // none of these parts is larger than the image, so none is drawn again
        test
            "A part's area is a uniform share of the image's, its shape uniform in logarithm, neither tells of the other" {
            let drawn = parts 20000 (RandomResizedCrop(0.08, 0.4)) 8000 6000

            let areas =
                drawn |> Array.map (fun p -> float p.Width * float p.Height / (8000.0 * 6000.0))

            let shapes = drawn |> Array.map (fun p -> log (float p.Width / float p.Height))
            isUniform 0.08 0.4 areas "area"
            isUniform (log (3.0 / 4.0)) (log (4.0 / 3.0)) shapes "logarithm of width / height"
            Expect.isLessThan (abs (correlation areas shapes)) 0.03 "independent"
        }

        test "A part's shape is within the ratios that were asked for" {
            let shapes =
                parts 20000 (RandomResizedCrop(0.1, 0.2, 0.5, 1.25)) 8000 6000
                |> Array.map (fun p -> log (float p.Width / float p.Height))

            isUniform (log 0.5) (log 1.25) shapes "logarithm of width / height"
        }

        test "A part lies at each place of the image alike: at all four borders, in all four corners" {
            // 6 x 5 of 12 x 10: 7 x 6 places
            let drawn = parts 42000 (RandomResizedCrop(0.25, 0.25, 1.2, 1.2)) 12 10
            Expect.allEqual [ for p in drawn -> p.Width, p.Height ] (6, 5) "one size"
            areEven 42 [ for p in drawn -> p.X, p.Y ] "places"
        }

        test "After ten parts that do not fit the middle is taken, not before" {
            // squares of 40 to 100 % of 200 x 100 fit up to sides that are rounded to 100
            let fits = (100.5 * 100.5 / 20000.0 - 0.4) / 0.6
            let drawn = parts 40000 (RandomResizedCrop(0.4, 1.0, 1.0, 1.0)) 200 100
            let middle = PixelBox(50, 0, 100, 100)

            let share =
                drawn |> Array.averageBy (fun part -> if part = middle then 1.0 else 0.0)

            Expect.floatClose { absolute = 0.01; relative = 0.0 } share ((1.0 - fits) ** 10.0) "share"
        }
    ]

let private placements =
    [
        test "An image is moved by each number of pixels alike in both directions, and mirrored half of the time" {
            let augmentation = Augmentation(true, 2)

            areEven
                (5 * 5 * 2)
                [
                    for index in 1..50000 do
                        let p = Placement.Draw(augmentation, 3L, 7UL, index)
                        p.Down, p.Right, p.Mirrored
                ]
                "places"
        }

        test "An image that is not to be mirrored is not, and one that is not to be moved stays" {
            for index in 1..200 do
                let p = Placement.Draw(Augmentation(false, 2), 3L, 7UL, index)
                Expect.isFalse p.Mirrored "mirrored"
                let p = Placement.Draw(Augmentation(true, 0), 3L, 7UL, index)
                Expect.equal (p.Down, p.Right) (0, 0) "moved"
        }

        test "Each order of an epoch's images is as likely as any other" {
            areEven
                24
                [
                    for epoch in 1UL .. 24000UL -> Shuffle.Permutation(4, 9L, epoch) |> List.ofArray
                ]
                "orders"
        }

        test "Where classes are balanced each gets the odd example as often as any other, and each of its members" {
            // seven places for three classes: two each, and one more
            let labels = [| 0; 0; 0; 1; 1; 2; 2 |]

            let epochs =
                [
                    for epoch in 1UL .. 9000UL -> Shuffle.Balanced(labels, 9L, epoch) |> List.ofArray
                ]

            let classesOf = List.map (fun index -> labels[index])
            areEven 3 (epochs |> List.map (classesOf >> List.countBy id >> List.maxBy snd >> fst)) "the odd one"
            areEven 3 (List.concat epochs |> List.filter (fun index -> labels[index] = 0)) "members of a class"
        }

        test "Numbers below a bound are all alike, and normal ones have the normal distribution's moments" {
            let mutable source = SplitMix64.Of(1L, 2UL)

            areEven
                7
                [
                    for _ in 1..70000 do
                        source.Below 7
                ]
                "below 7"

            let normal =
                [|
                    for _ in 1..100000 do
                        source.Normal()
                |]

            for power, moment, bound in [ 1.0, 0.0, 0.02; 2.0, 1.0, 0.03; 3.0, 0.0, 0.06; 4.0, 3.0, 0.2 ] do
                Expect.floatClose
                    { absolute = bound; relative = 0.0 }
                    (normal |> Array.averageBy (fun x -> x ** power))
                    moment
                    $"moment {power}"
        }
    ]

/// What so many jitters of these widths make of one picture.
let private jittered brightness contrast saturation (pixels: byte[]) (read: byte[] -> float) =
    let mutable source = SplitMix64.Of(41L, 6UL)

    [|
        for _ in 1..20000 do
            let copy = Array.copy pixels
            Colours.Jitter(Span copy, ColourJitter(brightness, contrast, saturation), &source)
            read copy
    |]

let private colours =
    [
        test "Brightness is times a factor that is uniform in 1 - x to 1 + x, and so are contrast and saturation" {
            let grey = Array.create 3 150uy

            jittered 0.6 0.0 0.0 grey (fun p -> float p[0] / 150.0)
            |> fun factors -> isUniformIn 180.0 0.4 1.6 factors "brightness"

            let twoGreys = Array.append (Array.create 3 25uy) (Array.create 3 165uy)

            jittered 0.0 0.3 0.0 twoGreys (fun p -> (float p[3] - float p[0]) / 140.0)
            |> fun factors -> isUniformIn 84.0 0.7 1.3 factors "contrast, about the mean grey"

            // its grey is 106
            let red = [| 200uy; 75uy; 40uy |]

            jittered 0.0 0.0 0.25 red (fun p -> (float p[0] - float p[2]) / 160.0)
            |> fun factors -> isUniformIn 80.0 0.75 1.25 factors "saturation, about its own grey"
        }

        test "Contrast keeps the image's mean grey, saturation each pixel's own" {
            let twoGreys = Array.append (Array.create 3 60uy) (Array.create 3 120uy)

            for mean in
                jittered 0.0 0.5 0.0 twoGreys (fun p -> (float p[0] + float p[3]) / 2.0)
                |> Array.truncate 200 do
                Expect.floatClose { absolute = 1.0; relative = 0.0 } mean 90.0 "mean"

            let greyOf (p: byte[]) =
                0.299 * float p[0] + 0.587 * float p[1] + 0.114 * float p[2]

            let red = [| 200uy; 75uy; 40uy |]

            for grey in jittered 0.0 0.0 0.25 red greyOf |> Array.truncate 200 do
                Expect.floatClose { absolute = 1.1; relative = 0.0 } grey (greyOf red) "grey"
        }

        test
            "Lighting adds to inputs what it adds to pixels in 0..1, over the deviation; black that moves in is not lit" {
            let normalization = Normalization([| 0.2; 0.3; 0.4 |], [| 0.5; 0.25; 0.125 |])
            let augmenter = ImageAugmenter(4, 3)

            for k in 0 .. augmenter.Pixels.Length - 1 do
                augmenter.Pixels[k] <- byte (40 + 5 * k)

            let written (augmentation: Augmentation) placement =
                let mutable source = SplitMix64.Of(8L, 1UL)
                let inputs = Array.zeroCreate<float32> 36
                augmenter.Write(augmentation, placement, &source, normalization, Span inputs)
                inputs

            let lit = Augmentation(false, 0, Lighting = 0.1)
            let plain = written Augmentation.None (Placement(0, 0, false))
            let mutable source = SplitMix64.Of(8L, 1UL)
            let struct (red, green, blue) = Colours.Lighting(0.1, &source)

            for k, (dark, light) in Array.indexed (Array.zip plain (written lit (Placement(0, 0, false)))) do
                let channel = k / 12
                let added = [| red; green; blue |][channel] / [| 0.5; 0.25; 0.125 |][channel]
                Expect.floatClose { absolute = 1e-6; relative = 0.0 } (float (light - dark)) added $"input {k}"

            let moved = written lit (Placement(1, 0, false))

            for channel in 0..2 do
                for column in 0..2 do
                    let black = -[| 0.4; 1.2; 3.2 |][channel]
                    Expect.floatClose Accuracy.medium (float moved[12 * channel + column]) black "black"
        }
    ]

[<Tests>]
let tests =
    testList
        "Augmentation laws"
        [
            testList "parts" crops
            testList "places" placements
            testList "colours" colours
        ]
