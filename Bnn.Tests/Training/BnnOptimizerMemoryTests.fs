/// Parameters whose memory is not one piece of their own that stays, that have no gradient or are frozen.
module Bnn.Tests.BnnOptimizerMemoryTests

open System.Threading
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.OptimizerSupport
open Expecto
open TorchSharp
open TorchSharp.Modules

let private adam = Adam.rule Adam.defaults >=> Rule.descend (Const 0.1)
let private clipped = Gradient.clipGlobalNorm 0.5 >=> adam
let private centralized = Gradient.centralize >=> clipped
let private group = ParameterGroup.RealConvolutions

let private optimizer rule (parameters: Parameter list) =
    new BnnOptimizer(rule, [ struct (Seq.ofList parameters, group) ])

let private shape = [| 4L; 3L; 3L; 3L |]

/// Parameters of these layouts step as contiguous ones with the same numbers.
let private asContiguous message (layout: torch.Tensor -> torch.Tensor) =
    test message {
        for rule in [ adam; clipped; centralized ] do
            use _scope = torch.NewDisposeScope()
            let plain () = parameter 1 torch.float32 shape

            let laid =
                let own =
                    new Parameter(
                        layout (numbers 2 torch.float32 shape),
                        true,
                        grad = layout (numbers 3 torch.float32 shape)
                    )

                own

            let twin =
                new Parameter(numbers 2 torch.float32 shape, true, grad = numbers 3 torch.float32 shape)

            let a, b = plain (), plain ()
            use ours = optimizer rule [ a; laid ]
            use expected = optimizer rule [ b; twin ]

            for _ in 1..3 do
                ours.step () |> ignore
                expected.step () |> ignore
                equalBits (floats b) (floats a) "its neighbour"
                equalBits (floats twin) (floats laid) "the parameter"
    }

let private layouts =
    [
        asContiguous "numbers that lie transposed are changed in place, as others" (fun t ->
            t.permute(3L, 1L, 2L, 0L).contiguous().permute(3L, 1L, 2L, 0L))

        asContiguous "numbers that are every other one of a larger tensor are changed in place, as others" (fun t ->
            let wide = torch.zeros [| 4L; 3L; 3L; 6L |]
            let view = wide.slice (3L, 0L, 6L, 2L)
            view.copy_ t)

        asContiguous "numbers in the middle of a larger tensor are changed in place, as others" (fun t ->
            let wide = torch.zeros [| 109L + 7L |]
            let view = wide.narrow(0L, 3L, 108L).view shape
            view.copy_ t)

        test "what lies between a parameter's numbers is left alone" {
            use _scope = torch.NewDisposeScope()
            let wide = torch.zeros [| 8L; 6L |]

            let own =
                new Parameter(wide.slice (1L, 0L, 6L, 2L), true, grad = torch.ones [| 8L; 3L |])

            use ours = optimizer adam [ own ]
            ours.step () |> ignore
            Expect.equal (wide.slice(1L, 1L, 6L, 2L).abs().sum().item<float32>()) 0.0f "between"
            Expect.isLessThan (own.max().item<float32>()) 0.0f "changed"
        }

        test "weights and gradients may get other memory between steps" {
            use _scope = torch.NewDisposeScope()
            let a, b = parameter 1 torch.float32 shape, parameter 1 torch.float32 shape
            use ours = optimizer clipped [ a ]
            use expected = optimizer clipped [ b ]

            for k in 1..4 do
                let g = numbers (10 + k) torch.float32 shape

                a.grad <-
                    if k % 2 = 0 then
                        g
                    else
                        g.permute(1L, 0L, 2L, 3L).contiguous().permute(1L, 0L, 2L, 3L)

                b.grad.copy_ g |> ignore

                if k = 3 then
                    use _none = torch.no_grad ()
                    let other = a.detach().clone()
                    a.set_ other |> ignore

                ours.step () |> ignore
                expected.step () |> ignore
                equalBits (floats b) (floats a) $"step {k}"
        }
    ]

let private withoutGradient =
    [
        for rule, name in
            [
                adam, "Adam"
                clipped, "clipping by the norm"
                centralized, "centralized gradients"
            ] do
            for leave, how in
                [
                    (fun (p: Parameter) -> p.grad <- null), "without a gradient"
                    (fun (p: Parameter) -> p.requires_grad <- false), "that is frozen"
                ] do
                test $"{name}: a parameter {how} is left alone with its state, and the others step as without it" {
                    use _scope = torch.NewDisposeScope()

                    let make () =
                        [ for k in 1..3 -> parameter k torch.float32 shape ]

                    let all, others = make (), make ()
                    use ours = optimizer rule all
                    use expected = optimizer rule [ others[0]; others[2] ]
                    use alone = optimizer rule [ others[1] ]
                    let gradient = all[1].grad.clone()
                    let before = floats all[1]
                    leave all[1]

                    for _ in 1..3 do
                        ours.step () |> ignore
                        expected.step () |> ignore

                    equalBits before (floats all[1]) "left alone"
                    equalBits (floats others[0]) (floats all[0]) "the first"
                    equalBits (floats others[2]) (floats all[2]) "the last"

                    // back again, alone: its state is that of a first step, at t = 4
                    all[1].requires_grad <- true
                    all[1].grad <- gradient
                    all[0].grad <- null
                    all[2].grad <- null
                    others[1].grad <- null

                    for _ in 1..3 do
                        alone.step () |> ignore

                    others[1].grad <- gradient
                    ours.step () |> ignore
                    alone.step () |> ignore
                    equalBits (floats others[1]) (floats all[1]) "taken up"
                }

        test "parameters of length 0 are nothing, and so is a step without gradients" {
            use _scope = torch.NewDisposeScope()

            let empty =
                new Parameter(torch.zeros [| 0L; 3L |], true, grad = torch.zeros [| 0L; 3L |])

            let own = parameter 1 torch.float32 shape
            let before = floats own

            for rule in [ adam; centralized ] do
                use ours = optimizer rule [ empty; own ]
                own.grad <- null
                ours.step () |> ignore
                equalBits before (floats own) "nothing"
                Expect.equal ours.Steps 1 "it counts"
                own.grad <- numbers 7 torch.float32 shape
                ours.step () |> ignore
                Expect.notEqual (floats own) before "something"

                own.detach().copy_(torch.tensor(before, dtype = torch.float32).view shape)
                |> ignore
        }
    ]

let private otherwise =
    [
        test "float32 and float64 in one list step each in its own type" {
            use _scope = torch.NewDisposeScope()

            let make () =
                [ parameter 1 torch.float32 shape; parameter 2 torch.float64 shape ]

            let both, apart = make (), make ()
            use ours = optimizer adam both
            use single = optimizer adam [ apart[0] ]
            use double = optimizer adam [ apart[1] ]

            for _ in 1..3 do
                for each in [ ours; single; double ] do
                    each.step () |> ignore

            for a, b in List.zip apart both do
                equalBits (floats a) (floats b) $"{b.dtype}"
        }

        test "a norm is that of all parameters, of whatever type" {
            use _scope = torch.NewDisposeScope()

            let ones dtype =
                new Parameter(
                    (torch.zeros [| 8L |]).``to``(dtype: torch.ScalarType),
                    true,
                    grad = (torch.ones [| 8L |]).``to`` dtype
                )

            let both = [ ones torch.float32; ones torch.float64 ]
            use ours = optimizer (Gradient.clipGlobalNorm 2.0 >=> Rule.descend (Const 1.0)) both
            ours.step () |> ignore

            for p in both do
                for w in floats p do
                    Expect.isTrue (near 1e-6 0.0 w -0.5) $"{w}"
        }

        test "steps on other threads are the same steps" {
            use _scope = torch.NewDisposeScope()

            let a, b =
                parameter 1 torch.float32 [| 300L; 200L |], parameter 1 torch.float32 [| 300L; 200L |]

            use ours = optimizer clipped [ a ]
            use expected = optimizer clipped [ b ]

            for _ in 1..4 do
                let thread = Thread(fun () -> ours.step () |> ignore)
                thread.Start()
                thread.Join()
                expected.step () |> ignore

            equalBits (floats b) (floats a) "weights"
        }

        test "the closure computes loss and gradients before the step, with gradients on; its loss is given back" {
            use _scope = torch.NewDisposeScope()
            let own = new Parameter(torch.ones [| 2L; 3L |], true)
            use ours = optimizer (Rule.descend (Const 0.5)) [ own ]
            use _none = torch.no_grad ()

            let loss =
                ours.step (fun () ->
                    ours.zero_grad ()
                    let loss = (own * own).sum()
                    loss.backward ()
                    loss)

            Expect.equal (loss.item<float32>()) 6.0f "the loss before"
            equalBits (Array.zeroCreate 6) (floats own) "1 - 0.5 * 2"
        }

        test "slots start from the weights of the first step, not from those when the optimizer was made" {
            use _scope = torch.NewDisposeScope()
            let rule = Rule.descend (Const 0.1) >=> Weights.lookahead 1 0.5
            let a, b = parameter 1 torch.float32 shape, parameter 2 torch.float32 shape
            use ours = optimizer rule [ a ]
            use _none = torch.no_grad ()
            a.copy_ b |> ignore
            a.grad.copy_ b.grad |> ignore
            use expected = optimizer rule [ b ]
            ours.step () |> ignore
            expected.step () |> ignore
            equalBits (floats b) (floats a) "weights"
        }

        test "gradients are set to zero in place, and where there is none there stays none" {
            use _scope = torch.NewDisposeScope()
            let a, b = parameter 1 torch.float32 shape, new Parameter(torch.ones [| 3L |], true)
            let gradient = a.grad
            use ours = optimizer adam [ a; b ]
            ours.zero_grad ()
            equalBits (Array.zeroCreate 108) (floats gradient) "the same memory"
            Expect.isNull b.grad "none"
        }
    ]

[<Tests>]
let tests =
    trainings (testList "BnnOptimizer memory" (layouts @ withoutGradient @ otherwise))
