/// What a rule folds over: output channels, in parameters of every shape.
module Bnn.Tests.OutputChannelTests

open Bnn
open Bnn.Tests.OwnNetworkSupport
open Expecto
open TorchSharp
open TorchSharp.Modules

/// w - (g - mean of g over w's output channel), which is -g + mean for weights that are 0.
let private rule = Gradient.centralize >=> Rule.descend (Const 1.0)

let private flat (tensor: torch.Tensor) =
    tensor.detach().flatten().``to``(torch.float64).data<float>().ToArray()

/// -g + the mean of each of `rows` equal parts of g; a part of one number keeps it.
let private centralized rows (g: float[]) =
    g
    |> Array.chunkBySize (g.Length / rows)
    |> Array.collect (fun row ->
        let mean = if row.Length = 1 then 0.0 else Array.average row
        row |> Array.map (fun x -> mean - x))

let private close (expected: float[]) (actual: float[]) what =
    Expect.equal actual.Length expected.Length what

    Array.iter2 (fun e a -> Expect.isLessThan (abs (e - a)) 1e-6 $"{what}: {e} and {a}") expected actual

let private stepped (parameters: Parameter list) (optimizer: BnnOptimizer) =
    use random = new torch.Generator(3UL)
    use _none = torch.no_grad ()

    let gradients =
        [
            for parameter in parameters do
                parameter.zero_ () |> ignore
                let g = torch.randn (parameter.shape, generator = random)
                parameter.grad <- g
                flat g
        ]

    optimizer.step () |> ignore
    List.zip gradients (parameters |> List.map flat)

[<Tests>]
let tests =
    testList
        "Output channels"
        [
            test
                "an output channel is the first dimension of every weight, also where there is one, in lists of every group" {
                for group, shape, rows in
                    [
                        for group in [ ParameterGroup.BinaryWeights; ParameterGroup.RealConvolutions ] do
                            group, [| 1L; 6L; 3L; 3L |], 1
                            group, [| 1L; 6L; 1L; 1L |], 1
                            group, [| 5L; 1L; 3L; 3L |], 5
                            group, [| 1L; 6L; 3L |], 1
                            group, [| 1L; 2L; 3L; 3L; 3L |], 1
                            group, [| 4L; 3L; 3L; 3L |], 4
                        ParameterGroup.Classifier, [| 1L; 7L |], 1
                        ParameterGroup.Classifier, [| 3L; 7L |], 3
                        ParameterGroup.Classifier, [| 7L |], 7
                        ParameterGroup.Norms, [| 1L; 6L; 3L; 3L |], 1
                        ParameterGroup.Norms, [| 1L; 6L; 3L |], 1
                        ParameterGroup.Norms, [| 7L |], 7
                        ParameterGroup.ShiftsAndScales, [| 1L; 7L; 1L; 1L |], 7
                        ParameterGroup.ShiftsAndScales, [| 7L; 1L; 1L; 1L |], 7
                        ParameterGroup.Slopes, [| 7L |], 7
                    ] do
                    use parameter = new Parameter(torch.zeros shape)
                    use optimizer = new BnnOptimizer(rule, [ struct (Seq.singleton parameter, group) ])

                    for g, w in stepped [ parameter ] optimizer do
                        close (centralized rows g) w $"{group} {List.ofArray shape}"
            }

            test
                "a module's convolution with one output channel has one, of one, two and three dimensions, and so has its linear layer" {
                use net =
                    torch.nn.Sequential
                        [
                            struct ("one", torch.nn.Conv1d(6L, 1L, 3L) :> torch.nn.Module<torch.Tensor, torch.Tensor>)
                            struct ("point", torch.nn.Conv1d(6L, 1L, 1L))
                            struct ("two", torch.nn.Conv2d(6L, 1L, 3L))
                            struct ("three", torch.nn.Conv3d(2L, 1L, 3L))
                            struct ("depthwise", torch.nn.Conv2d(5L, 5L, 3L, groups = 5L))
                            struct ("linear", torch.nn.Linear(7L, 1L))
                        ]

                use optimizer = new BnnOptimizer(rule, net)

                let named =
                    [ for struct (name, parameter) in net.named_parameters () -> name, parameter ]

                for (name, parameter), (g, w) in List.zip named (stepped (List.map snd named) optimizer) do
                    let rows =
                        if name.EndsWith "weight" && not (name.StartsWith "depthwise") then
                            1
                        else
                            int parameter.shape[0]

                    close (centralized rows g) w name

                    if name.EndsWith "weight" && not (name.StartsWith "linear") then
                        Expect.equal optimizer.Groups[name] ParameterGroup.RealConvolutions name
            }

            test "a network's convolutions of one output channel have one, in its training and in its diagnostics" {
                let network =
                    Layers.Convolution("stem", 1, 3)
                    >=> Layers.Sign("sign", shifted = true)
                    >=> Layers.BinaryConvolution("conv", 1, 3)
                    >=> Layers.Sign "second"
                    >=> Layers.BinaryConvolution("depth", 3, 3)
                    >=> Layers.GlobalMean()
                    >=> Layers.Linear("fc", 1)

                use made = TorchNetwork.Create(ModelDescription.Create("one", network, 4, 6, 6), 1L)

                for group in made.Store.Groups do
                    for name, struct (_, rows, length) in Seq.zip group.Names group.Tensors do
                        let shape = made.Store[name].Shape

                        let expected =
                            if name.EndsWith "weight" then
                                int shape[0]
                            else
                                int (Array.max shape)

                        Expect.equal rows expected name
                        Expect.equal (int64 rows * length) (Array.fold (*) 1L shape) $"{name}: all numbers"
            }
        ]
