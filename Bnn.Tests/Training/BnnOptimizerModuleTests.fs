/// The optimizer of torch loops on modules: the group of each parameter, and the trainer's steps on the library's own networks.
module Bnn.Tests.BnnOptimizerModuleTests

open System
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.OptimizerSupport
open Bnn.Tests.OwnNetworkSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private rule =
    Rule.addDecayedWeights (Const 0.01)
    >=> Adam.rule Adam.defaults
    >=> Rule.descend (Schedule.linear 0.05 0.0)

/// Modules one after another, by name.
let private sequence (modules: (string * torch.nn.Module<torch.Tensor, torch.Tensor>) list) =
    torch.nn.Sequential [ for name, part in modules -> struct (name, part) ]

let private model = normed.ToModel("own", 2, 6, 6)
let private steps = 12

let private batch (model: ModelDescription) =
    let x =
        torch.randn ([| 10L; model.Input.Channels; model.Input.Height; model.Input.Width |])

    x, torch.arange(10L).remainder((3).ToScalar())

let private losses (forward: torch.Tensor -> torch.Tensor) zero step model =
    torch.manual_seed 5L |> ignore
    let x, truth = batch model

    [
        for k in 1..steps do
            zero ()
            let loss = torch.nn.functional.cross_entropy (forward x, truth)
            loss.backward ()
            step k
            loss.item<float32>()
    ]

[<Tests>]
let tests =
    testSequenced
    <| testList
        "BnnOptimizer modules"
        [
            test "a module's parameters are told apart by their shapes" {
                use net =
                    sequence
                        [
                            "conv", torch.nn.Conv2d(3L, 4L, 3L)
                            "norm", torch.nn.BatchNorm2d 4L
                            "flat", torch.nn.Flatten()
                            "linear", torch.nn.Linear(16L, 3L)
                        ]

                use ours = new BnnOptimizer(rule, net, steps)

                Expect.equal
                    (Map.ofSeq (ours.Groups |> Seq.map (|KeyValue|)))
                    (Map.ofList
                        [
                            "conv.weight", ParameterGroup.RealConvolutions
                            "conv.bias", ParameterGroup.Norms
                            "norm.weight", ParameterGroup.Norms
                            "norm.bias", ParameterGroup.Norms
                            "linear.weight", ParameterGroup.Classifier
                            "linear.bias", ParameterGroup.Norms
                        ])
                    "groups"

                Expect.equal (Seq.length (ours.parameters ())) 6 "parameters"
            }

            for model in [ model; models.Head; series; vectors; Models.BinaryResNet20(3).Scaled 0.25 ] do
                test
                    $"{model.Name}: the groups of a network of the library are its own, also as a part of another module" {
                    use net = model.ToModule()
                    use ours = new BnnOptimizer(rule, net, steps)
                    let own = Map.ofSeq (net.Groups |> Seq.map (|KeyValue|))
                    Expect.equal (Map.ofSeq (ours.Groups |> Seq.map (|KeyValue|))) own "alone"

                    use whole = sequence [ "net", net; "more", torch.nn.Linear(3L, 3L) ]

                    use ours = new BnnOptimizer(rule, whole, steps)

                    for KeyValue(name, group) in ours.Groups do
                        if name.StartsWith "net." then
                            Expect.equal group own[name.Substring 4] name

                    Expect.equal ours.Groups["more.weight"] ParameterGroup.Classifier "the other part"
                    Expect.equal ours.Groups.Count (own.Count + 2) "all"
                }

            test "a parameter that is in two places of a module is one" {
                use linear = torch.nn.Linear(3L, 3L)
                use net = sequence [ "a", linear; "b", linear ]
                use ours = new BnnOptimizer(rule, net, steps)
                Expect.equal ours.Groups.Count 2 "weight and bias"
            }

            for name, rule in
                rules
                |> List.filter (fun (name, _) -> List.contains name [ "Adam"; "both"; "a partition"; "Bop" ]) do
                for model in [ model; models.Head; Models.BinaryResNet20(3).Scaled 0.25 ] do
                    test $"{model.Name}, {name}: a network as a module is trained as the trainer does it, to the bit" {
                        use _scope = torch.NewDisposeScope()
                        use net = model.ToModule(seed = 4L)
                        use ours = new BnnOptimizer(rule, net, steps)
                        net.Iterations <- steps
                        net.train ()
                        let flips = ResizeArray()

                        let losses1 =
                            losses
                                net.forward
                                ours.zero_grad
                                (fun _ ->
                                    ours.step () |> ignore
                                    flips.Add ours.Flips
                                    net.Iteration <- min steps (ours.Steps + 1))
                                model

                        use network = TorchNetwork.Create(model, 4L)
                        use trainers = new RuleOptimizer(rule, steps, network.Store.Groups)
                        let mutable t = 1
                        let expectedFlips = ResizeArray()

                        let losses2 =
                            losses
                                (fun x ->
                                    network.Forward(
                                        x,
                                        NetworkMode(true, true, true, Moment = TrainingMoment(t, steps, 1L))
                                    ))
                                (fun () ->
                                    for group in network.Store.Groups do
                                        group.Gradients.zero_ () |> ignore)
                                (fun k ->
                                    expectedFlips.Add(trainers.Step().Flips)
                                    t <- k + 1)
                                model

                        Expect.equal losses1 losses2 "losses"
                        Expect.sequenceEqual flips expectedFlips "flips"

                        let own =
                            Map.ofSeq (seq { for struct (name, p) in net.named_parameters () -> name, p })

                        for struct (tensor, _) in network.Store.Parameters do
                            Checks.equalBits (floats tensor.Value) (floats own[tensor.Name]) tensor.Name
                    }

            test "it trains a module of torch's own" {
                use _scope = torch.NewDisposeScope()
                torch.manual_seed 3L |> ignore

                use net =
                    sequence
                        [
                            "conv", torch.nn.Conv2d(2L, 8L, 3L)
                            "norm", torch.nn.BatchNorm2d 8L
                            "relu", torch.nn.ReLU()
                            "flat", torch.nn.Flatten()
                            "linear", torch.nn.Linear(8L * 16L, 3L)
                        ]

                use ours = new BnnOptimizer(rule, net, steps)

                let losses =
                    losses net.forward ours.zero_grad (fun _ -> ours.step () |> ignore) model

                Expect.isLessThan (List.last losses) (0.5f * losses.Head) $"{losses}"
                Expect.equal ours.Flips 0L "no binary weights"
            }
        ]
