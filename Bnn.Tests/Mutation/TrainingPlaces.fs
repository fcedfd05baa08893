/// Trainings: what they report, where stages start, what they end with; evaluation and diagnostics.
module Bnn.Tests.Mutation.TrainingPlaces

open Bnn.Tests.Mutation.Place

let private training =
    [
        yield!
            placesIn
                "Bnn.CSharp/Training/TrainingEpoch.cs"
                "Training figures"
                [
                    "uneven parts of a batch weigh alike",
                    "plan.Loss.WeightOf(itsTruth) / weight;",
                    "1.0 / microBatches;"

                    "a short batch weighs as a full one in the epoch's loss",
                    "sums.Loss += loss * batch.Count;",
                    "sums.Loss += loss * Math.Min(plan.Batch, images.Count);"

                    "accuracy is of all images, also those left out",
                    "sums.Correct / (double)sums.Images",
                    "sums.Correct / (double)images.Count"

                    "a last image that is alone is trained on", "batch.Count > 1)];", "batch.Count > 0)];"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/TrainingEpoch.cs"
                "Stage figures"
                [
                    "each stage has the orders of the stage before",
                    "Shuffle.Permutation(images.Count, plan.Seed, position.EpochsDone)",
                    "Shuffle.Permutation(images.Count, plan.Seed, (ulong)position.Epoch)"

                    "each stage augments as the stage before",
                    "plan.Augmentation, plan.Seed, position.EpochsDone)",
                    "plan.Augmentation, plan.Seed, (ulong)position.Epoch)"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/StageRun.cs"
                "Stage figures"
                [
                    "a fresh start draws the same in each stage",
                    "SplitMix64.Of(plan.Seed, (ulong)position.Stage)",
                    "SplitMix64.Of(plan.Seed, 0)"

                    "of epochs that are equally good the last is kept", "score > (position", "score >= (position"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/TrainingRun.cs"
                "Stage figures"
                [
                    "the best accuracy is not reset between stages", "        position.BestScore = null;\n", ""
                    "the gap has the other sign", "train.Score - test.Score", "test.Score - train.Score"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/TrainingRun.cs"
                "Training figures"
                [
                    "diagnostics take the FF of all stages",
                    "position.Epochs.Where(epoch => epoch.StageIndex == position.Stage).Append(",
                    "position.Epochs.Append("

                    "an epoch's learning rate is its first iteration's",
                    "position.Epoch * trainer.Batches.Count",
                    "(position.Epoch - 1) * trainer.Batches.Count + 1"
                ]
        yield!
            placesIn
                "Bnn.Core.fs/Recipes/Reference.fs"
                "Stage figures"
                [
                    "a first stage loses binary weights",
                    "LosesBinaryWeights when index > 0",
                    "LosesBinaryWeights when index >= 0"
                ]
        yield!
            placesIn
                "Bnn.Core.fs/Optimizers/Optimizer.fs"
                "Training figures"
                [
                    "real weights that change their sign count as flips",
                    "                Rule.flipped rule + lost\n            else\n                lost",
                    "                Rule.flipped rule + lost\n            else\n                Rule.flipped rule + lost"
                ]
    ]

let private evaluation =
    [
        yield!
            placesIn
                "Bnn.CSharp/Training/Evaluation.cs"
                "Evaluation"
                [
                    "batches' mean losses are added up", "reduction: nn.Reduction.Sum", "reduction: nn.Reduction.Mean"
                    "top-5 looks at four classes", "Math.Min(5,", "Math.Min(4,"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/Measure.cs"
                "Evaluation"
                [
                    "PSNR's range is not squared", ".Over(range * range)", ".Over(range)"
                    "PSNR is of the batch's mean error", ".flatten(1).mean([1]).Over", ".mean().unsqueeze(0).Over"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/Recalibration.cs"
                "Evaluation"
                [
                    "the statistics before the recalibration weigh too", "1.0 / ++done", "1.0 / (++done + 1)"
                    "a short batch counts in the recalibration", ".Where(cut => cut.Count == size)", ""
                ]
    ]

let private diagnostics =
    [
        yield!
            placesIn
                "Bnn.CSharp/Training/Diagnostics/EpochProbe.cs"
                "Report: diagnostics"
                [
                    "nine iterations are looked at", "iterations - done <= Window", "iterations - done < Window"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/Diagnostics/EpochProbe.cs"
                "Diagnostics laws"
                [
                    "the later half begins an iteration late",
                    "(Math.Min(Window, iterations) + 1) / 2",
                    "Math.Min(Window, iterations) / 2"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/Diagnostics/LayerProbe.cs"
                "Diagnostics laws"
                [
                    "a channel's gradients are counted over the layer's",
                    "(double)gradients.Iterations * count / channels",
                    "(double)gradients.Iterations * count"

                    "updates are those of the later half alone",
                    "var epoch = CamModule.add(Metric.update(before[place], after[place])",
                    "var epoch = CamModule.add(Metric.update(halfway[place], after[place])"
                ]
        yield!
            placesIn
                "Bnn.CSharp/Training/Objectives/TrainingLoss.cs"
                "Objectives"
                [
                    "class weights are not divided by their sum", ".sum() / weights.sum()", ".mean()"
                ]
    ]

let all = training @ evaluation @ diagnostics
