/// Data: how images are augmented, put in order, normalized, and made batches of.
module Bnn.Tests.Mutation.DataPlaces

open Bnn.Tests.Mutation.Place

let all =
    [
        yield!
            placesIn
                "Bnn.Data/Augmenting/RandomPart.cs"
                "Augmentation laws"
                [
                    "a part's ratio is uniform, its logarithm is not",
                    "Math.Exp(low + (high - low) * random.Uniform())",
                    "of.MinRatio + (of.MaxRatio - of.MinRatio) * random.Uniform()"

                    "half of the ratios are never drawn", "(high - low) * random", "0.5 * (high - low) * random"
                    "a part is never at the bottom",
                    "random.Below(height - h + 1)",
                    "random.Below(Math.Max(1, height - h))"
                    "a part is never at the right",
                    "random.Below(width - w + 1)",
                    "random.Below(Math.Max(1, width - w))"
                    "nine tries in place of ten", "Tries = 10", "Tries = 9"
                ]
        yield!
            placesIn
                "Bnn.Data/Augmenting/Placement.cs"
                "Augmentation laws"
                [
                    "no image is moved by all the pixels", "2 * augmentation.Shift + 1", "2 * augmentation.Shift"
                    "a third is mirrored, not a half", "random.Below(2) == 1", "random.Below(3) == 1"
                ]
        yield!
            placesIn
                "Bnn.Data/Augmenting/Colours.cs"
                "Augmentation laws"
                [
                    "jitter only makes lighter", "(2 * random.Uniform() - 1)", "random.Uniform()"
                    "contrast has brightness's width", "1 => jitter.Contrast", "1 => jitter.Brightness"
                ]
        yield!
            placesIn
                "Bnn.Data/Augmenting/ImageAugmenter.cs"
                "Augmentation laws"
                [
                    "lighting is not divided by the deviation",
                    "channels[channel] / normalization.Divisor(channel)",
                    "channels[channel]"

                    "black that moves in is lit", "red.Fill(normalization.Table[0])", "red.Fill(tables[0])"
                ]
        yield!
            placesIn
                "Bnn.Data/Shuffle.cs"
                "Augmentation laws"
                [
                    "the same classes get the odd examples in all epochs", "~seed, epoch);", "~seed, 0);"

                    "not every order can come",
                    "random.Below(last + 1);\n            (order[last]",
                    "random.Below(last);\n            (order[last]"
                ]
        yield!
            placesIn
                "Bnn.Data/ExampleFeed.cs"
                "Feed"
                [
                    "a batch too many", "(images - first + batch - 1) / batch", "(images - first + batch) / batch"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Models/Inputs.cs"
                "Distillation"
                [
                    "one normalization in another's place has the wrong factor",
                    "own.Divisor(channel) / other.Divisor(channel));\n        var shifts",
                    "other.Divisor(channel) / own.Divisor(channel));\n        var shifts"
                ]
    ]
