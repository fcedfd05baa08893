/// Networks as torch modules, in training loops of one's own.
module Bnn.Tests.ModuleTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.OwnNetworkSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private model = normed.ToModel("own", 2, 6, 6)

let private noisy =
    model.WithBinarizers(Binarizer.stochasticSign, Binarizer.stochasticSign)

let private batch count (model: ModelDescription) =
    torch.randn ([| int64 count; model.Input.Channels; model.Input.Height; model.Input.Width |])

let private names (tensors: seq<struct (string * 'T)>) =
    Set.ofSeq (seq { for struct (name, _) in tensors -> name })

/// So many steps of torch's Adam; the losses.
let private train (net: BnnModule) steps =
    use _scope = torch.NewDisposeScope()
    torch.manual_seed 5L |> ignore
    let kind = (Seq.head (net.parameters ())).dtype
    let x = (batch 12 net.Description).``to`` kind
    let truth = torch.arange(12L).remainder((3).ToScalar())
    use adam = torch.optim.Adam(net.parameters (), lr = 0.01)
    net.train ()

    [
        for step in 1..steps do
            net.Iteration <- step
            adam.zero_grad ()
            let loss = torch.nn.functional.cross_entropy (net.forward x, truth)
            loss.backward ()
            adam.step () |> ignore
            loss.``to``(torch.float64).item<float>()
    ]

let private fails<'e when 'e :> exn> (action: unit -> torch.Tensor) =
    try
        action().Dispose()
        failtest "nothing was refused"
    with :? 'e as e ->
        e.Message

[<Tests>]
let tests =
    testList
        "Modules"
        [
            for model in [ model; models.Head; series; vectors; Models.BinaryResNet20(3).Scaled 0.25 ] do
                test $"{model.Name}: parameters, buffers and groups are the network's tensors, under their names" {
                    use net = model.ToModule()
                    let tensors = Network.tensors model.Input model.Network
                    let parameters = tensors |> List.filter _.Group.IsSome

                    Expect.equal (names (net.named_parameters ())) (set [ for t in parameters -> t.Name ]) "parameters"

                    Expect.equal (Set.ofSeq (net.state_dict().Keys)) (set [ for t in tensors -> t.Name ]) "state_dict"

                    for struct (name, parameter) in net.named_parameters () do
                        let spec = parameters |> List.find (fun t -> t.Name = name)
                        Expect.sequenceEqual parameter.shape spec.Shape name
                        Expect.equal net.Groups[name] spec.Group.Value name

                    Expect.equal net.Groups.Count parameters.Length "groups"
                }

                test $"{model.Name}: what it gives is what the network gives, to the bit, in training and evaluation" {
                    use _scope = torch.NewDisposeScope()
                    use net = model.ToModule(seed = 4L)
                    use network = TorchNetwork.Create(model, 4L)
                    let x = batch 5 model
                    net.Iteration <- 3
                    net.Iterations <- 10
                    net.NoiseSeed <- 7L
                    let moment = TrainingMoment(3, 10, 7L)

                    for training in [ true; false; true; false ] do
                        for activations, weights in List.allPairs [ true; false ] [ true; false ] do
                            net.train training
                            net.BinaryActivations <- activations
                            net.BinaryWeights <- weights
                            use _none = torch.no_grad ()
                            let mode = NetworkMode(training, activations, weights, Moment = moment)
                            Expect.equal (bits (net.forward x)) (bits (network.Forward(x, mode))) $"{mode}"
                }

            test "torch's Adam trains it" {
                use net = model.ToModule()
                let losses = train net 40
                Expect.isLessThan (List.average losses[35..]) (0.7 * List.average losses[..4]) $"{losses}"
            }

            test "a network with noise trains; each iteration and seed has noise of its own" {
                use net = noisy.ToModule()
                let losses = train net 60
                Expect.isLessThan (List.average losses[50..]) (0.9 * List.average losses[..9]) $"{losses}"
                use _scope = torch.NewDisposeScope()
                let x = batch 4 noisy

                let at iteration (seed: int64) =
                    net.Iteration <- iteration
                    net.NoiseSeed <- seed
                    bits (net.forward x)

                Expect.equal (at 1 1L) (at 1 1L) "the same"
                Expect.notEqual (at 2 1L) (at 1 1L) "another iteration"
                Expect.notEqual (at 1 2L) (at 1 1L) "another seed"
                net.eval ()
                Expect.equal (at 2 2L) (at 1 1L) "none in evaluation"
            }

            test "with real weights the latent ones are used" {
                use _scope = torch.NewDisposeScope()
                use _none = torch.no_grad ()
                use net = model.ToModule()
                use twin = (model.MapWeights(fun _ -> Binarizer.none)).ToModule()
                let x = batch 4 model
                net.eval ()
                twin.eval ()

                let difference () =
                    (net.forward x - twin.forward x).abs().max().item<float32>()

                Expect.isGreaterThan (difference ()) 0.01f "binary"
                net.BinaryWeights <- false
                // torch's vector code rounds by where memory begins
                Expect.isLessThan (difference ()) 1e-6f "latent"
            }

            test "it can be moved to float64 and back, trains there, and is freed with all that it ever had" {
                use net = model.ToModule()
                let first = train net 3
                net.``to`` torch.float64 |> ignore

                for struct (name, parameter) in net.named_parameters () do
                    Expect.equal parameter.dtype torch.float64 name

                let wide = train net 10
                Expect.isLessThan (List.last wide) first.Head "float64"

                let scope = torch.NewDisposeScope()
                net.``to`` torch.float32 |> ignore
                scope.Dispose()
                Expect.isLessThan (List.last (train net 5)) wide.Head "float32, moved in a scope that has ended"
            }

            test "a module of float64 is the network of float64; other types are one fault" {
                use net = model.ToModule(``type`` = torch.float64)
                Expect.all (net.parameters ()) (fun p -> p.dtype = torch.float64) "float64"
                Expect.isLessThan (List.last (train net 20)) 1.2 "it trains"

                Expect.equal
                    [
                        for fault in refusals (fun () -> model.ToModule(``type`` = torch.float16).Dispose()) ->
                            fault.Name
                    ]
                    [ "type" ]
                    "float16"
            }

            test "a module is disposed of at once, after it was moved, and twice" {
                for moves in 0..3 do
                    let net = noisy.ToModule()

                    for move in 1..moves do
                        net.``to`` (if move % 2 = 1 then torch.float64 else torch.float32) |> ignore

                        if moves = 3 then
                            train net 2 |> ignore

                    let parameters = List.ofSeq (net.parameters ())
                    net.Dispose()
                    Expect.all parameters _.IsInvalid $"freed after {moves} moves"
                    net.Dispose()
            }

            test "state_dict, save and load give another module the same numbers and outputs" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    use _scope = torch.NewDisposeScope()
                    use net = model.ToModule()
                    train net 5 |> ignore
                    let x = batch 4 model

                    let logits (net: BnnModule) =
                        net.eval ()
                        use _none = torch.no_grad ()
                        bits (net.forward x)

                    use ofState = model.ToModule(seed = 2L)
                    Expect.notEqual (logits ofState) (logits net) "another one"
                    ofState.load_state_dict (net.state_dict ()) |> ignore
                    Expect.equal (logits ofState) (logits net) "state_dict"

                    let path = Path.Combine(folder, "net.dat")
                    net.save path |> ignore
                    use ofFile = model.ToModule(seed = 3L)
                    ofFile.load path |> ignore
                    Expect.equal (logits ofFile) (logits net) "file"
                    Expect.isLessThan (List.last (train ofFile 20)) 1.1 "and trains on")
            }

            test "a batch of another size is one error that says what fits" {
                use net = model.ToModule()
                use _scope = torch.NewDisposeScope()

                for shape in
                    [
                        [| 2L; 2L; 6L; 5L |]
                        [| 2L; 3L; 6L; 6L |]
                        [| 2L; 6L; 6L |]
                        [| 6L |]
                        [| 2L; 2L; 6L; 6L; 1L |]
                        [| 0L; 2L; 6L; 6L |]
                    ] do
                    let message = fails<ArgumentException>(fun () -> net.forward (torch.randn shape))
                    let its = String.concat " x " (Array.map string shape)
                    Expect.stringContains message $"the batch is {its}; the network takes N x 2 x 6 x 6" "message"
            }

            test "an iteration that is out of range is one fault" {
                use net = noisy.ToModule()
                use _scope = torch.NewDisposeScope()
                let x = batch 2 noisy

                for iteration, iterations in [ 0, 0; -1, 5; 6, 5; 1, -1 ] do
                    net.Iteration <- iteration
                    net.Iterations <- iterations
                    let faults = refusals (fun () -> net.forward(x).Dispose())

                    Expect.equal
                        [ for f in faults -> f.Name, f.Value ]
                        [ "Iteration", $"{iteration} of {iterations}" ]
                        "one"

                net.Iteration <- 5
                net.Iterations <- 5
                Expect.isEmpty (refusals (fun () -> net.forward(x).Dispose())) "the last"
            }

            test "a number that a formula learns may have a name without dots" {
                let formula =
                    {
                        Name = "gain"
                        Output = Binarizer.x * Input("gain", PerChannel)
                        Parameters = [ "gain" ]
                    }

                let gain =
                    {
                        Input = "gain"
                        Tensor = "gain"
                        Group = ParameterGroup.Slopes
                        First = 2.0
                    }

                let model = Network.Layer("", Layer.Elementwise(formula, [ gain ])) >=> normed
                use net = (model.ToModel("named", 2, 6, 6)).ToModule()
                Expect.contains (names (net.named_parameters ())) "gain" "there"
                Expect.isLessThan (List.last (train net 30)) 1.0 "it trains"
            }
        ]
