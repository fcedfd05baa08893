/// The optimizer of torch loops makes the steps of the trainer's optimizer and of the core.
module Bnn.Tests.BnnOptimizerTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.OptimizerSupport
open Expecto
open FsCheck.FSharp
open TorchSharp

let private steps = 4

let private make dtype shapes =
    shapes |> List.mapi (fun k (group, shape) -> group, parameter k dtype shape)

let private regrade step (parameters: (ParameterGroup * Modules.Parameter) list) (groups: FlatGroup[]) =
    use _none = torch.no_grad ()

    parameters
    |> List.iteri (fun k (_, p) -> p.grad.copy_ (numbers (k + 100 * step) p.dtype p.shape) |> ignore)

    for group, (_, members) in Seq.zip groups (List.groupBy fst parameters) do
        group.Gradients.copy_ (torch.cat [| for _, p in members -> p.grad.flatten () |])
        |> ignore

/// Steps of both optimizers on the same numbers.
let private sameAsTrainers dtype rule shapes =
    use _scope = torch.NewDisposeScope()
    let parameters = make dtype shapes
    let groups = flat dtype parameters
    use trainers = new RuleOptimizer(rule, steps, groups)
    use ours = new BnnOptimizer(rule, lists parameters, steps)

    for step in 1..steps do
        let flips = trainers.Step().Flips
        ours.step () |> ignore
        Expect.equal ours.Flips flips $"flips in step {step}"
        Expect.equal ours.Steps step "t"
        equalToFlat groups parameters $"step {step}"
        regrade step parameters groups

/// Steps of ours on tensors and of the core on arrays.
let private sameAsCore rule shapes =
    use _scope = torch.NewDisposeScope()
    let parameters = make torch.float64 shapes
    use ours = new BnnOptimizer(rule, lists parameters, steps)

    let segments =
        [
            for group, p in parameters do
                let places = (flat torch.float64 [ group, p ] |> Array.head).Tensors
                let struct (_, rows, length) = places[0]

                {
                    Group = group
                    Rows = rows
                    Length = int length
                }
        ]

    let joined pick =
        parameters |> Seq.collect (snd >> pick >> floats) |> Seq.toArray

    let step = Optimizer.step rule
    let first = joined (fun p -> p :> torch.Tensor)
    let mutable state, w = Optimizer.startOver segments steps rule first, first

    for k in 1..steps do
        let struct (next, after) = step state (joined _.grad) w
        ours.step () |> ignore
        state <- next
        w <- after
        equalBits w (joined (fun p -> p :> torch.Tensor)) $"step {k}"
        regrade k parameters [||]

let private reducesOverWhole =
    set [ "clipping by the norm"; "clipping by the largest"; "both"; "a partition" ]

let private onAll =
    [
        for name, rule in rules do
            lawOf
                10
                $"{name}: parameters of any groups and shapes make the trainer's steps, to the bit, in float32 and float64"
                (Arb.fromGen shapes)
                (fun shapes ->
                    sameAsTrainers torch.float32 rule shapes
                    sameAsTrainers torch.float64 rule shapes)
            // the paper's two and what reduces in every run, the others take as long each
            |> if name = "Adam" || name = "SGD" || reducesOverWhole.Contains name then
                   id
               else
                   long

            // a sum over everything is added up tensor by tensor there
            if not (reducesOverWhole.Contains name) then
                lawOf
                    6
                    $"{name}: in float64 they make the pure core's steps, to the bit"
                    (Arb.fromGen shapes)
                    (sameAsCore rule)

            testCase $"{name}: over torch's operations, as on other devices, the steps are the same but for rounding"
            <| fun _ ->
                use _scope = torch.NewDisposeScope()
                let shapes = (sample 6 shapes)[5]
                let compiled, overTensors = make torch.float64 shapes, make torch.float64 shapes
                use ours = new BnnOptimizer(rule, lists compiled, steps)

                use other =
                    new BnnOptimizer(rule, OptimizedParameter.Of(lists overTensors), steps, inMemory = false)

                for step in 1..steps do
                    ours.step () |> ignore
                    other.step () |> ignore

                    for (_, expected), (_, actual) in List.zip compiled overTensors do
                        for e, a in Array.zip (floats expected) (floats actual) do
                            Expect.isTrue (near 1e-11 1e-13 e a) $"step {step}: {e} {a}"

                    regrade step compiled [||]
                    regrade step overTensors [||]
    ]

let private large =
    [
        (ParameterGroup.BinaryWeights, [| 64L; 32L; 3L; 3L |])
        (ParameterGroup.BinaryWeights, [| 7L; 5L; 3L; 3L |])
        (ParameterGroup.BinaryWeights, [| 130L; 128L; 3L; 3L |])
        (ParameterGroup.Norms, [| 64L |])
        (ParameterGroup.Classifier, [| 100L; 513L |])
        (ParameterGroup.Classifier, [| 100L |])
    ]

let private others =
    [
        for name in [ "Adam"; "clipping by the norm"; "centralized gradients" ] do
            testCase $"{name}: tensors of many blocks on 1, 2 and 3 threads make the trainer's steps, to the bit"
            <| fun _ ->
                let rule = rules |> List.find (fst >> (=) name) |> snd
                let threads = torch.get_num_threads ()

                try
                    for count in [ 1; 2; 3 ] do
                        torch.set_num_threads count
                        sameAsTrainers torch.float32 rule large
                finally
                    torch.set_num_threads threads

        test "a step leaves no tensor behind, and neither do gradients set to zero" {
            use _scope = torch.NewDisposeScope()
            let rule = rules |> List.find (fst >> (=) "both") |> snd
            let parameters = make torch.float32 large
            use ours = new BnnOptimizer(rule, lists parameters, 100)
            ours.step () |> ignore
            collectGarbage ()
            let before = torch.Tensor.TotalCount

            for _ in 1..20 do
                ours.zero_grad ()
                ours.step () |> ignore

            Expect.equal torch.Tensor.TotalCount before "live tensors"
        }
    ]

[<Tests>]
let tests =
    testList
        "BnnOptimizer"
        [
            yield! List.map Checks.trainings onAll
            testSequenced (testList "alone" others)
        ]
