/// The saved state of the optimizer of torch loops.
module Bnn.Tests.BnnOptimizerFileTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.OptimizerSupport
open Expecto
open TorchSharp
open TorchSharp.Modules

let private shapes =
    [
        ParameterGroup.BinaryWeights, [| 4L; 3L; 3L; 3L |]
        ParameterGroup.BinaryWeights, [| 2L; 4L; 1L; 1L |]
        ParameterGroup.Norms, [| 5L |]
        ParameterGroup.Norms, [||]
        ParameterGroup.Norms, [| 0L |]
        ParameterGroup.Classifier, [| 3L; 5L |]
    ]

let private make dtype =
    shapes |> List.mapi (fun k (group, shape) -> group, parameter k dtype shape)

let private total = 10

let private optimizer rule parameters =
    new BnnOptimizer(rule, lists parameters, total)

let private stepTo (ours: BnnOptimizer) parameters last =
    for step in ours.Steps + 1 .. last do
        parameters
        |> List.iteri (fun k (_, p: Parameter) -> p.grad <- numbers (50 * step + k) p.dtype p.shape)

        ours.step () |> ignore

let private copyTo parameters others =
    use _none = torch.no_grad ()

    for (_, own: Parameter), (_, other: Parameter) in List.zip parameters others do
        other.copy_ own |> ignore

let private adam = Adam.rule Adam.defaults >=> Rule.descend (Const 0.1)

/// What loading a file into an optimizer is refused with.
let private refused path (ours: BnnOptimizer) =
    refusal<BnnFileException>(fun () -> ours.Load path)

[<Tests>]
let tests =
    Checks.trainings
    <| testList
        "BnnOptimizer files"
        [
            for name, rule in rules do
                for dtype in [ torch.float32; torch.float64 ] do
                    test $"{name}, {dtype}: training goes on from a saved state as if it had never stopped, to the bit" {
                        inFolder (fun folder ->
                            use _scope = torch.NewDisposeScope()
                            let path = Path.Combine(folder, "optimizer.safetensors")
                            let whole, stopped = make dtype, make dtype
                            use first = optimizer rule whole
                            stepTo first whole 3
                            first.Save path
                            copyTo whole stopped
                            use second = optimizer rule stopped
                            second.Load path
                            Expect.equal second.Steps 3 "steps"
                            stepTo first whole 6
                            stepTo second stopped 6

                            for (_, expected), (_, actual) in List.zip whole stopped do
                                Checks.equalBits (floats expected) (floats actual) name)
                    }

            test "a state from before the first step is that of the first weights, and one is loaded at any time" {
                inFolder (fun folder ->
                    use _scope = torch.NewDisposeScope()
                    let path = Path.Combine(folder, "optimizer.safetensors")
                    let a, b = make torch.float32, make torch.float32
                    use first = optimizer adam a
                    first.Save path
                    use second = optimizer adam b
                    stepTo second b 4
                    copyTo (make torch.float32) b
                    second.Load path
                    Expect.equal second.Steps 0 "steps"
                    stepTo first a 2
                    stepTo second b 2

                    for (_, expected), (_, actual) in List.zip a b do
                        Checks.equalBits (floats expected) (floats actual) "weights")
            }

            test
                "a state of another rule, of other parameters or for other steps is refused with the difference, and nothing is changed" {
                inFolder (fun folder ->
                    use _scope = torch.NewDisposeScope()
                    let path = Path.Combine(folder, "optimizer.safetensors")
                    let a = make torch.float32
                    use first = optimizer adam a
                    stepTo first a 3
                    first.Save path

                    let refuse (other: BnnOptimizer) (message: string) =
                        Expect.stringContains (refused path other) message message
                        Expect.equal other.Steps 0 "steps"

                    use rule = optimizer (Adam.rule Adam.defaults >=> Rule.descend (Const 0.2)) a
                    refuse rule "is the state of another rule"
                    use steps = new BnnOptimizer(adam, lists a, total + 1)
                    refuse steps "is the state of another totalSteps: 10; the optimizer has 11"
                    use unknown = new BnnOptimizer(adam, lists a)
                    refuse unknown "is the state of another totalSteps: 10; the optimizer has not known"
                    use fewer = optimizer adam (List.truncate 5 a)
                    refuse fewer "saved is 2.0: Classifier Float32 [3, 5]"
                    use wide = optimizer adam (make torch.float64)
                    refuse wide "the optimizer has 0.0: BinaryWeights Float64 [4, 3, 3, 3]"

                    let regrouped =
                        a
                        |> List.map (fun (g, p) ->
                            (if g = ParameterGroup.Norms then
                                 ParameterGroup.Slopes
                             else
                                 g),
                            p)

                    use groups = optimizer adam regrouped
                    refuse groups "saved is 1.0: Norms Float32 [5]; ")
            }

            test "a missing file, a damaged one and one of another kind are refused, and a folder that is not there" {
                inFolder (fun folder ->
                    use _scope = torch.NewDisposeScope()
                    let path = Path.Combine(folder, "optimizer.safetensors")
                    let a = make torch.float32
                    use ours = optimizer adam a
                    Expect.stringContains (refused path ours) path "missing"
                    stepTo ours a 2
                    ours.Save path
                    let bytes = File.ReadAllBytes path

                    for at in [ 0; 20; bytes.Length / 2; bytes.Length - 1 ] do
                        let damaged = Array.copy bytes
                        damaged[at] <- damaged[at] ^^^ 1uy
                        File.WriteAllBytes(path, damaged)
                        Expect.stringContains (refused path ours) path $"byte {at}"

                    Safetensors.Write(path, TensorFile(readOnlyDict [ "format", "something else" ], [||]))
                    Expect.stringContains (refused path ours) "is not of the format \"bnn optimizer 1\"" "kind"
                    Expect.equal ours.Steps 2 "nothing was changed"

                    Expect.stringContains
                        (refusal<BnnFileException>(fun () -> ours.Save(Path.Combine(folder, "no", "where"))))
                        "no"
                        "no folder")
            }
        ]
