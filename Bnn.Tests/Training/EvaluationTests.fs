/// Figures of networks that are not trained: evaluation, PSNR, batch norm's statistics anew.
module Bnn.Tests.EvaluationTests

open System
open Bnn
open Bnn.Tests.FigureSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

/// An untrained network with so many outputs, and images that do not fill batches evenly.
let private untrained outputs =
    let network =
        Layers.Convolution("stem", 4, 3)
        >=> Layers.Sign "sign"
        >=> Layers.GlobalMean()
        >=> Layers.Linear("c", outputs)

    TorchNetwork.Create(ModelDescription.Create("test", network, 1, 6, 6), 5L)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Evaluation"
            [
                test "An evaluation's figures are means over the images, those of a short last batch too" {
                    // batches of 250
                    let many = images 9L 260 1 6 6
                    let normalization = many.OwnNormalization()
                    use network = untrained 10
                    let mode = NetworkMode(true, true, true)
                    use _scope = torch.NewDisposeScope()
                    let x = torch.empty (260L, 1L, 6L, 6L)
                    use reader = many.OpenReader()

                    for index in 0..259 do
                        reader.Write(index, View normalization, Memory.Floats(x[int64 index]))

                    let outputs =
                        network.Forward(x, NetworkMode(false, true, true))
                        |> numbers
                        |> Array.chunkBySize 10

                    let evaluated =
                        Evaluator.Evaluate(network, mode, normalization, many, 0, ClassOrder.Same)

                    let labelled =
                        [ for index, logits in Array.indexed outputs -> logits, many.Label index ]

                    let mean = labelled |> List.averageBy (fun (logits, label) -> lossOf logits label)
                    Expect.floatClose close evaluated.Loss mean "loss"
                    Expect.equal evaluated.Top1 (List.averageBy isRight labelled) "top-1"

                    let isAmong (logits: float32[], label) =
                        let above = logits |> Array.filter (fun z -> z > logits[label])
                        if above.Length < 5 then 1.0 else 0.0

                    Expect.equal evaluated.Top5 (List.averageBy isAmong labelled) "top-5"
                    Expect.equal evaluated.Count 260 "images"
                }

                test "PSNR is that of each example in decibels, 100 at most, and then the mean" {
                    use _scope = torch.NewDisposeScope()

                    let measure range (errors: float list) =
                        let error =
                            torch
                                .tensor(
                                    [|
                                        for e in errors do
                                            yield! Array.create 4 (float32 e)
                                    |]
                                )
                                .view(-1L, 1L, 2L, 2L)

                        let target = torch.zeros_like error + 0.5f.ToScalar()
                        Measure.Of(target + error, target, range).Psnr / float errors.Length

                    let near = { absolute = 1e-4; relative = 0.0 }
                    Expect.floatClose near (measure 1.0 [ 0.1 ]) 20.0 "an error of a tenth"
                    Expect.floatClose near (measure 2.0 [ -0.1 ]) (20.0 + 20.0 * log10 2.0) "of a twentieth"
                    Expect.floatClose near (measure 1.0 [ 0.1; 0.01 ]) 30.0 "the mean of 20 and 40"
                    Expect.floatClose near (measure 1.0 [ 0.0 ]) 100.0 "none"
                }

                test
                    "Recalibrated statistics are the means of the batches' means and unbiased variances, in the seed's order" {
                    use _scope = torch.NewDisposeScope()
                    use _none = torch.no_grad ()
                    let normalization = train.OwnNormalization()

                    let network =
                        Layers.Convolution("stem", 4, 3)
                        >=> Layers.BatchNorm "norm"
                        >=> Layers.GlobalMean()

                    use network =
                        TorchNetwork.Create(ModelDescription.Create("test", network, 1, 6, 6), 5L)

                    // of 8 images: 3 and 3, the short batch does not count
                    Recalibration.Run(network, NetworkMode(false, true, true), normalization, train, 3, 100, 7L, 0)
                    let order = Shuffle.Permutation(8, 7L, UInt64.MaxValue)
                    let x = torch.empty (6L, 1L, 6L, 6L)
                    use reader = train.OpenReader()

                    for place in 0..5 do
                        reader.Write(order[place], View normalization, Memory.Floats(x[int64 place]))

                    let y =
                        torch.nn.functional.conv2d (x, network.Store["stem.weight"].Value, padding = [| 1L; 1L |])

                    let ofBatches (figure: torch.Tensor -> torch.Tensor) =
                        (figure (y.narrow (0L, 0L, 3L)) + figure (y.narrow (0L, 3L, 3L)))
                        / (2.0).ToScalar()

                    let near name (expected: torch.Tensor) =
                        Expect.isTrue (network.Store[$"norm.{name}"].Value.allclose(expected, 1e-5, 1e-6)) name

                    near "running_mean" (ofBatches (fun part -> part.mean [| 0L; 2L; 3L |]))
                    near "running_var" (ofBatches (fun part -> part.var ([| 0L; 2L; 3L |], unbiased = true)))
                }
            ]
    )
