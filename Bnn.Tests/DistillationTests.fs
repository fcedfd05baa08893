module Bnn.Tests.DistillationTests

open System
open Bnn
open Expecto
open TorchSharp

let private model = Models.ReActNet([ struct (4, 2); struct (4, 1) ], 3, 2, 8)

let internal teacher normalization =
    new BnnModel(TorchNetwork.Create(model, 5L), NetworkMode(false, true, true), normalization, [| "a"; "b"; "c" |])

let internal plain = Normalization([| 0.0; 0.0 |], [| 1.0; 1.0 |])

let private numbers (x: torch.Tensor) =
    x.``to``(torch.float64).data<float>().ToArray()

let private logSoftmax (x: float[]) =
    let total = log (Array.sumBy exp x)
    Array.map (fun logit -> logit - total) x

/// The loss of one row by hand.
let private byHand temperature hard (student: float[]) (teacher: float[]) label =
    let cool = Array.map (fun x -> x / temperature)

    let soft =
        -Array.sum(Array.map2 (fun t s -> exp t * s) (logSoftmax (cool teacher)) (logSoftmax (cool student)))

    (1.0 - hard) * temperature * temperature * soft
    - hard * (logSoftmax student)[label]

[<Tests>]
let tests =
    testList
        "Distillation"
        [
            for temperature, hard in [ 1.0, 0.0; 4.0, 0.0; 1.0, 0.25; 2.5, 0.5; 1.0, 1.0 ] do
                test $"The loss at temperature {temperature} with {hard} of labels is its formula" {
                    use _scope = torch.NewDisposeScope()
                    use network = teacher plain

                    let student, its =
                        (torch.randn (5L, 3L)).``to`` torch.float64, (torch.randn (5L, 3L)).``to`` torch.float64

                    let labels = [| 0L; 2L; 1L; 1L; 0L |]

                    let loss =
                        Distributional(network, temperature, hard, CrossEntropy 0.0)
                            .Loss(student, its, torch.tensor labels)

                    let row (x: torch.Tensor) k = numbers x[int64 k]

                    let expected =
                        List.average
                            [
                                for k in 0..4 -> byHand temperature hard (row student k) (row its k) (int labels[k])
                            ]

                    Expect.floatClose Accuracy.high (loss.item<float>()) expected "mean over the batch"
                }

            test "Labels alone are cross-entropy, the soft loss alone is least where the student is the teacher" {
                use _scope = torch.NewDisposeScope()
                use network = teacher plain
                let x, labels = torch.randn (6L, 3L), torch.tensor [| 0L; 1L; 2L; 0L; 1L; 2L |]

                let hard: torch.Tensor =
                    Distributional(network, 3.0, 1.0, CrossEntropy 0.0).Loss(x, torch.randn (6L, 3L), labels)

                let entropy = torch.nn.functional.cross_entropy (x, labels)
                Expect.isTrue (hard.allclose entropy) "cross-entropy"

                let soft student : float32 =
                    (Distributional(network, 2.0, 0.0, CrossEntropy 0.0).Loss(student, x, labels)).item<float32>()

                for k in 1..10 do
                    Expect.isGreaterThan
                        (soft (x + torch.randn (6L, 3L) * (0.1 * float k).ToScalar()))
                        (soft x)
                        "further away"
            }

            test
                "Smoothed labels are (1 - e) at the label and e / classes everywhere; with a teacher their part of the loss is smoothed" {
                use _scope = torch.NewDisposeScope()
                use network = teacher plain
                let x = (torch.randn (4L, 3L)).``to`` torch.float64
                let labels = [| 2L; 0L; 1L; 1L |]

                for smoothing in [ 0.0; 0.1; 0.9 ] do
                    let expected =
                        List.average
                            [
                                for k in 0..3 do
                                    let log' = logSoftmax (numbers x[int64 k])

                                    -List.sum
                                        [
                                            for c in 0..2 do
                                                let q =
                                                    smoothing / 3.0
                                                    + (if int64 c = labels[k] then 1.0 - smoothing else 0.0)

                                                q * log'[c]
                                        ]
                            ]

                    let loss = CrossEntropy(smoothing).Loss(x, torch.tensor labels)
                    Expect.floatClose Accuracy.high (loss.item<float>()) expected $"{smoothing}"

                    let soft: torch.Tensor =
                        Distributional(network, 1.0, 0.0, CrossEntropy 0.0).Loss(x, x, torch.tensor labels)

                    let both: torch.Tensor =
                        Distributional(network, 1.0, 0.25, CrossEntropy smoothing).Loss(x, x, torch.tensor labels)

                    Expect.floatClose
                        Accuracy.high
                        (both.item<float>())
                        (0.75 * soft.item<float>() + 0.25 * expected)
                        $"{smoothing}, with a teacher"
            }

            test "A teacher of another normalization sees images by its own" {
                use _scope = torch.NewDisposeScope()
                let own = Normalization([| 0.5; 0.25 |], [| 0.2; 0.4 |])
                let students = Normalization([| 0.1; 0.3 |], [| 1.5; 0.3 |])
                let pixels = torch.rand (4L, 2L, 8L, 8L)

                let normalized (n: Normalization) =
                    let column (x: float seq) =
                        torch.tensor(Seq.toArray x, torch.float32).view(1L, -1L, 1L, 1L)

                    (pixels - column n.Means) / column n.Deviations

                let converted: torch.Tensor = Inputs.To(students, own, normalized students)
                Expect.isTrue (converted.allclose (normalized own, 1e-5, 1e-5)) "inputs"
                let same = normalized own
                Expect.isTrue (obj.ReferenceEquals(Inputs.To(own, own, same), same)) "nothing to do"
                use network = teacher own

                let given = network.LogitsOf(normalized students, students)
                let direct = network.LogitsOf(converted)
                Expect.isTrue (given.eq(direct).all().item<bool>()) "logits"
            }

            test "A teacher's weights get no gradient" {
                use _scope = torch.NewDisposeScope()
                use network = teacher plain
                let logits = network.LogitsOf(torch.rand (2L, 2L, 8L, 8L), plain)
                Expect.isFalse logits.requires_grad "logits are constants"
            }

            test "A temperature that is no number above 0 and a share outside 0..1 are faults" {
                use network = teacher plain

                let names (temperature: float) (hard: float) =
                    [
                        for fault in Distributional(network, temperature, hard, CrossEntropy 0.0).Validate() ->
                            fault.Name
                    ]

                for bad in [ 0.0; -1.0; nan; infinity ] do
                    Expect.equal (names bad 0.0) [ "temperature" ] $"{bad}"

                for bad in [ -0.1; 1.1; nan; infinity ] do
                    Expect.equal (names 1.0 bad) [ "hardLabels" ] $"{bad}"

                Expect.equal (names 0.0 2.0) [ "temperature"; "hardLabels" ] "both"
                Expect.equal (names 20.0 1.0) [] "none"
            }
        ]
