/// What the optimizer of torch loops refuses, and how it says so.
module Bnn.Tests.BnnOptimizerFaultTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.OptimizerSupport
open Expecto
open TorchSharp
open TorchSharp.Modules

let private rule = Adam.rule Adam.defaults >=> Rule.descend (Const 0.1)
let private real = ParameterGroup.RealConvolutions

let private make rule (parameters: Parameter list) totalSteps =
    new BnnOptimizer(rule, [ struct (Seq.ofList parameters, real) ], totalSteps)

let private faults act =
    refusal<BnnConfigurationException>(fun () -> (act (): BnnOptimizer).Dispose())

let private none = Nullable<int>()

let private refused =
    [
        test "an empty list, and none" {
            Expect.equal
                (faults (fun () -> make rule [] none))
                "parameters: there are none; give at least one parameter"
                "empty"

            Expect.equal
                (faults (fun () -> new BnnOptimizer(rule, torch.nn.ReLU())))
                "parameters: there are none; give at least one parameter"
                "a module without parameters"

            Expect.stringContains
                (faults (fun () -> new BnnOptimizer(rule, [ struct (null, real) ])))
                "parameters: list 0 is null, or holding null"
                "null"

            Expect.throwsT<ArgumentNullException>
                (fun () -> (new BnnOptimizer(rule, (null: torch.nn.Module))).Dispose())
                "no module"

            Expect.throwsT<ArgumentNullException>
                (fun () -> (new BnnOptimizer(Unchecked.defaultof<Rule>, torch.nn.Linear(1L, 1L))).Dispose())
                "no rule"
        }

        test "an unknown group" {
            use own = parameter 1 torch.float32 [| 2L |]

            Expect.stringContains
                (faults (fun () -> new BnnOptimizer(rule, [ struct (Seq.singleton own, enum<ParameterGroup> 9) ])))
                "parameters: group is 9; allowed: a parameter group"
                "9"
        }

        test "a parameter that is given twice, under which name ever, or shares memory with another" {
            use _scope = torch.NewDisposeScope()
            let own = parameter 1 torch.float32 [| 2L; 3L |]
            let view = new Parameter(own.detach().view [| 6L |], true)

            Expect.equal
                (faults (fun () -> make rule [ own; own ] none))
                "0.1 is in the memory of 0.0; allowed: each parameter once, in memory of its own"
                "twice"

            Expect.stringContains
                (faults (fun () -> make rule [ own; view ] none))
                "0.1 is in the memory of 0.0"
                "a view"

            Expect.stringContains
                (faults (fun () ->
                    new BnnOptimizer(
                        rule,
                        [
                            struct (Seq.singleton own, real)
                            struct (Seq.singleton own, ParameterGroup.Norms)
                        ]
                    )))
                "1.0 is in the memory of 0.0"
                "in two lists"
        }

        test "numbers of other types, all at once, each by its name" {
            use _scope = torch.NewDisposeScope()

            let message =
                faults (fun () ->
                    make
                        rule
                        [
                            new Parameter(torch.zeros ([| 2L |], torch.float16), true)
                            parameter 1 torch.float32 [| 2L |]
                            new Parameter(torch.zeros ([| 2L |], torch.int64), false)
                        ]
                        none)

            Expect.equal
                message
                ("0.0 is of type Float16; allowed: Float32 or Float64"
                 + Environment.NewLine
                 + "0.2 is of type Int64; allowed: Float32 or Float64")
                "both"
        }

        test "a rule that leaves the weights, one that reads T without totalSteps, and totalSteps below 1" {
            use own = parameter 1 torch.float32 [| 2L |]
            let falling = Rule.descend (Schedule.linear 0.1 0.0)

            Expect.stringContains
                (faults (fun () -> make (Adam.rule Adam.defaults) [ own ] none))
                "rule is one that leaves every weight"
                "no step"

            Expect.stringContains
                (faults (fun () -> make falling [ own ] none))
                "totalSteps: it is not given, and the rule reads T, as its schedules do; say how many steps there will be"
                "T"

            Expect.stringContains (faults (fun () -> make falling [ own ] (Nullable 0))) "totalSteps is 0" "0"
        }

        test "T is needed only where a group that has parameters reads it" {
            use own = parameter 1 torch.float32 [| 2L |]
            let falling = Rule.descend (Schedule.linear 0.1 0.0)
            let divided = Rule.partition [ [ ParameterGroup.BinaryWeights ], falling ] rule
            use ours = make divided [ own ] none
            ours.step () |> ignore
            Expect.equal ours.TotalSteps none "not known"
        }
    ]

let private inSteps =
    let failing (ours: BnnOptimizer) =
        refusal<InvalidOperationException>(fun () -> ours.step () |> ignore)

    [
        test "a step beyond totalSteps changes nothing" {
            use own = parameter 1 torch.float32 [| 2L |]
            use ours = make rule [ own ] (Nullable 2)
            ours.step () |> ignore
            ours.step () |> ignore
            let before = floats own
            Expect.stringContains (failing ours) "all of totalSteps, 2, are done" "the third"
            equalBits before (floats own) "weights"
            Expect.equal ours.Steps 2 "steps"
        }

        test "gradients of another size or type, and sparse ones: nothing was changed" {
            use _scope = torch.NewDisposeScope()

            let first, own =
                parameter 1 torch.float32 [| 2L |], parameter 2 torch.float32 [| 3L |]

            use ours = make rule [ first; own ] none
            let before = floats first

            for gradient, message in
                [
                    torch.zeros [| 2L |],
                    "the gradient of 0.1 has 2 numbers of Float32 on CPU; it must have 3 of Float32 on CPU"
                    torch.zeros ([| 3L |], torch.float64), "the gradient of 0.1 has 3 numbers of Float64 on CPU"
                    (torch.ones [| 3L |]).to_sparse(), "the gradient of 0.1 is sparse; rules take dense tensors"
                ] do
                own.grad <- gradient
                Expect.stringContains (failing ours) message message
                equalBits before (floats first) "the first"
                Expect.equal ours.Steps 0 "steps"

            own.grad <- torch.ones [| 3L |]
            ours.step () |> ignore
            Expect.notEqual (floats first) before "it goes on"
        }

        test "parameters of a module that was converted after the optimizer was made" {
            use linear = torch.nn.Linear(3L, 2L)
            use ours = new BnnOptimizer(rule, linear)
            linear.``to`` torch.float64 |> ignore
            Expect.stringContains (failing ours) "make the optimizer after" "converted"
        }

        test "a disposed optimizer" {
            use own = parameter 1 torch.float32 [| 2L |]
            let ours = make rule [ own ] none
            ours.step () |> ignore
            ours.Dispose()
            ours.Dispose()
            Expect.throwsT<ObjectDisposedException> (fun () -> ours.step () |> ignore) "step"
            Expect.throwsT<ObjectDisposedException> (fun () -> ours.Save "never.safetensors") "save"
        }

        test "what TorchSharp's schedulers need says where the learning rate is" {
            use own = parameter 1 torch.float32 [| 2L |]
            use ours = make rule [ own ] none

            Expect.stringContains
                (refusal<NotSupportedException>(fun () -> torch.optim.lr_scheduler.StepLR(ours, 3) |> ignore))
                "it is a part of the rule"
                "a scheduler"

            Expect.throwsT<NotSupportedException> (fun () -> ours.add_param_group null) "more parameters"
        }
    ]

[<Tests>]
let tests = trainings (testList "BnnOptimizer faults" (refused @ inSteps))
