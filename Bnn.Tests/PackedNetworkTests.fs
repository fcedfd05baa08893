/// The network's own file, .bnn: one bit a binary weight, and the same logits to the bit.
module Bnn.Tests.PackedNetworkTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open TorchSharp

let private classes (description: ModelDescription) =
    [| for k in 1 .. description.Classes -> $"class {k}" |]

let modelOf (network: TorchNetwork) binaryWeights =
    let channels = network.Description.Channels

    new BnnModel(
        network,
        NetworkMode(false, true, binaryWeights),
        Normalization(Array.create channels 0.5, Array.create channels 0.25),
        classes network.Description
    )

let private floats (tensor: torch.Tensor) =
    tensor.detach().cpu().flatten().data<float32>().ToArray()

let private bits (tensor: torch.Tensor) =
    floats tensor |> Array.map BitConverter.SingleToInt32Bits

let private isBinary (network: TorchNetwork) (tensor: NetworkTensor) =
    network.Store.Parameters
    |> Seq.exists (fun struct (own, group) -> own = tensor && group = ParameterGroup.BinaryWeights)

let private binary (network: TorchNetwork) =
    network.Store.All |> Seq.filter (isBinary network) |> List.ofSeq

let private isCounter (tensor: NetworkTensor) =
    tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)

/// Another number in every place, as after a training: no tensor is all 0 or 1, variances are above 0, counters count.
let trained (description: ModelDescription) =
    use _none = torch.no_grad ()
    use _scope = torch.NewDisposeScope()
    let network = TorchNetwork.Create(description, 3L)

    for tensor in network.Store.All do
        if isCounter tensor then
            tensor.Value.fill_ (7.0.ToScalar()) |> ignore
        elif tensor.Name.EndsWith("running_var", StringComparison.Ordinal) then
            tensor.Value.uniform_ (0.5, 2.0) |> ignore
        elif not (isBinary network tensor) then
            tensor.Value.add_ (torch.randn (tensor.Shape) * 0.1.ToScalar()) |> ignore

    network

/// Gives every channel of the binary convolutions, in turn, magnitudes of another kind.
let private withMagnitudes (kinds: (torch.Tensor -> unit) list) (network: TorchNetwork) =
    use _none = torch.no_grad ()
    use _scope = torch.NewDisposeScope()

    let channels =
        [
            for tensor in binary network do
                for c in 0L .. tensor.Shape[0] - 1L -> tensor.Value[c]
        ]

    channels |> List.iteri (fun k channel -> kinds[k % kinds.Length] channel)

let private times (factor: float) (channel: torch.Tensor) =
    channel.mul_ (factor.ToScalar()) |> ignore

/// All 0 but for one number, the smallest below 0: the mean magnitude of more than two is 0.
let private almostZero (channel: torch.Tensor) =
    let first = channel.zero_().view(-1L).narrow(0L, 0L, 1L)
    first.fill_ ((-1.4e-45).ToScalar()) |> ignore

let private someKinds: (torch.Tensor -> unit) list =
    [ ignore; (fun channel -> channel.zero_ () |> ignore); times 1e3; times 1e-38 ]

let inFile (action: string -> unit) =
    inFolder (fun folder ->
        Directory.CreateDirectory folder |> ignore
        action (Path.Combine(folder, "net.bnn")))

let private tensors (path: string) = Safetensors.Read(path).Tensors

let private part (path: string) name =
    tensors path
    |> Seq.tryFind (fun array -> array.Name = name)
    |> Option.map (fun array -> array.Bytes.ToArray())

let private numbers (bytes: byte[]) =
    [| for k in 0..4 .. bytes.Length - 1 -> BitConverter.ToSingle(bytes, k) |]

/// The file's three tensors, as the format says they are made.
let private expected (network: TorchNetwork) =
    let weights = binary network |> List.map (fun tensor -> tensor, floats tensor.Value)
    let all = weights |> List.map snd |> Array.concat
    let signs = Array.zeroCreate<byte>((all.Length + 7) / 8)

    for i in 0 .. all.Length - 1 do
        if all[i] >= 0.0f then
            signs[i / 8] <- signs[i / 8] ||| (1uy <<< i % 8)

    let scales =
        [|
            for tensor, numbers in weights do
                for channel in Array.chunkBySize (numbers.Length / int tensor.Shape[0]) numbers ->
                    channel |> Array.averageBy (fun w -> abs (float w)) |> float32
        |]

    let rest =
        network.Store.All
        |> Seq.filter (fun tensor -> not (isBinary network tensor || isCounter tensor))
        |> Seq.map (fun tensor -> floats tensor.Value)
        |> Array.concat

    signs, scales, rest

let description =
    ModelDescription.Create("own", ResNets.binaryNet [ 3, 1; 3, 1; 6, 2 ] 5, 2, 9, 8)

let private laws =
    [
        for name, describe in ModelFamilyTests.families do
            test $"{name}: what is loaded gives the saved network's logits, to the bit" {
                inFile (fun path ->
                    for channels, size in [ 3, 33; 1, 20 ] do
                        use _scope = torch.NewDisposeScope()
                        use _none = torch.no_grad ()
                        let network = trained (describe channels size)
                        withMagnitudes (almostZero :: someKinds) network
                        use model = modelOf network true
                        model.Save path
                        use loaded = BnnModel.Load path
                        let x = torch.randn (4L, int64 channels, int64 size, int64 size)
                        let logits = model.LogitsOf x
                        Expect.isTrue (logits.isfinite().all().item<bool>()) "finite"
                        Expect.equal (bits (loaded.LogitsOf x)) (bits logits) $"{channels} channels, {size}"
                        Expect.equal loaded.Description model.Description "description"
                        Expect.sequenceEqual loaded.Classes (classes model.Description) "classes")
            }

            test $"{name}: the file has a bit for each binary weight, a scale a channel, and the rest as it is" {
                inFile (fun path ->
                    use _scope = torch.NewDisposeScope()
                    let network = trained (describe 2 21)
                    use model = modelOf network true
                    model.Save path
                    let signs, scales, rest = expected network

                    let some (numbers: 't[]) =
                        if numbers.Length = 0 then None else Some numbers

                    Expect.equal (part path "signs") (some signs) "signs"
                    Expect.equal (part path "scales" |> Option.map numbers) (some scales) "scales"
                    Expect.equal (part path "rest" |> Option.map numbers) (some rest) "rest"
                    Expect.hasLength (tensors path) (if scales.Length = 0 then 1 else 3) "nothing else")
            }

            test $"{name}: the file's tensors take the summary's bytes, and its header little" {
                inFile (fun path ->
                    for size in [ 32; 45 ] do
                        use network = trained (describe 3 size)
                        use model = modelOf network true
                        model.Save path
                        let stored = tensors path |> Seq.sumBy (fun array -> int64 array.Bytes.Length)
                        Expect.equal stored (model.Summary().Bytes) "bytes"
                        let names = model.Classes |> Seq.sumBy String.length

                        let layers =
                            (Network.places model.Description.Input model.Description.Network).Length

                        Expect.isLessThan
                            (FileInfo(path).Length - stored)
                            (int64 (1536 + names + 100 * layers))
                            "header")
            }

            test $"{name}: saving what was loaded gives the same file" {
                inFile (fun path ->
                    use network = trained (describe 3 32)
                    withMagnitudes someKinds network
                    use model = modelOf network true
                    model.Save path
                    let first = File.ReadAllBytes path
                    use loaded = BnnModel.Load path
                    loaded.Save path
                    Expect.equal (File.ReadAllBytes path) first "bytes")
            }

        test "A mean of equal magnitudes is that magnitude to the bit: any number of them, huge and subnormal ones" {
            use _scope = torch.NewDisposeScope()
            let random = Random 11

            let magnitudes =
                [ Single.MaxValue; Single.Epsilon; 0.0f; 1.0f ]
                @ List.init 12 (fun _ -> BitConverter.Int32BitsToSingle(random.Next 0x7F800000))

            let overTensors = CompiledPass(Pass.create [] [ Scale.meanMagnitude ])

            for length in [ 1; 2; 7; 15; 17; 64; 577; 1151; 16384; 16399; 65537; 65536 * 9 - 1 ] do
                let signs =
                    torch.rand(2L, int64 length).round().mul((2).ToScalar()).sub((1).ToScalar())

                let few = if length > 20000 then 6 else magnitudes.Length

                for alpha in List.truncate few magnitudes do
                    let weights = signs * alpha.ToScalar()
                    let mean = ChannelScale.MeanMagnitude weights
                    let asBits = BitConverter.SingleToInt32Bits
                    Expect.equal (bits mean) (Array.create 2 (asBits alpha)) $"{length} times {alpha}"

                    let sums =
                        overTensors.OnTensors(ChannelLayout.Weights weights, weights, [| weights |], [||], fun _ -> nan)

                    Expect.equal
                        (sums |> Array.map (fun sum -> asBits (float32 (sum / float length))))
                        (Array.create 2 (asBits alpha))
                        $"over tensors: {length} times {alpha}"
        }

        test "Loaded weights are alpha or -alpha by their sign, never -0, of channels of any magnitude" {
            inFile (fun path ->
                use network = trained (Models.ReActNetSmall())
                let kinds = [ times 3e38; almostZero ] @ someKinds
                withMagnitudes kinds network
                use model = modelOf network true
                model.Save path

                use loaded = TorchNetwork.Create(model.Description, 1L)
                let struct (_, tensors, _) = BnnModelFile.Own path
                NetworkTensors.Overwrite(loaded, tensors, path, true)

                for before, after in Seq.zip (binary network) (binary loaded) do
                    let scale = ChannelScale.MeanMagnitude before.Value |> floats
                    let length = int (before.Count / before.Shape[0])
                    Expect.equal (ChannelScale.MeanMagnitude after.Value |> floats) scale $"{before.Name}: scales"

                    let weights =
                        floats before.Value
                        |> Array.mapi (fun k w ->
                            let alpha = scale[k / length]

                            if alpha = 0.0f then 0.0f
                            elif w >= 0.0f then alpha
                            else -alpha)

                    Expect.equal
                        (bits after.Value)
                        (weights |> Array.map BitConverter.SingleToInt32Bits)
                        $"{before.Name}: weights"

                for counter in loaded.Store.All |> Seq.filter isCounter do
                    Expect.equal (counter.Value.item<int64>()) 0L counter.Name)
        }

        test "Of a network that is used with real weights all numbers are stored as they are" {
            inFile (fun path ->
                use network = trained (Models.BiReal18(5, 3, 33).Scaled 0.0625)
                use model = modelOf network false
                model.Save path
                Expect.equal [ for array in tensors path -> array.Name, array.Dtype ] [ "rest", "F32" ] "tensors"
                use loaded = TorchNetwork.Create(model.Description, 1L)
                let struct (_, tensors, _) = BnnModelFile.Own path
                NetworkTensors.Overwrite(loaded, tensors, path, true)

                for before, after in Seq.zip network.Store.All loaded.Store.All do
                    if not (isCounter before) then
                        Expect.equal (bits after.Value) (bits before.Value) before.Name

                use x = torch.randn (2L, 3L, 33L, 33L)
                use again = BnnModel.Load path
                Expect.equal (bits (again.LogitsOf x)) (bits (model.LogitsOf x)) "logits, so also the mode")
        }

        test "A network of float64 is converted to float32" {
            inFile (fun path ->
                let saved (kind: torch.ScalarType) =
                    use network = TorchNetwork.Create(Models.ReActNetSmall(), 5L, null, kind)
                    use model = modelOf network true
                    model.Save path
                    File.ReadAllBytes path

                Expect.equal (saved torch.float64) (saved torch.float32) "the same file")
        }

        test
            "A folder's network is network.bnn, and network.safetensors, as earlier versions wrote it, where that is all" {
            inFolder (fun folder ->
                use network = trained description
                use model = modelOf network true
                model.Save folder
                Expect.sequenceEqual (Directory.GetFiles folder |> Seq.map Path.GetFileName) [ "network.bnn" ] "files"

                use other = TorchNetwork.Create(description, 4L)
                use earlier = modelOf other true
                earlier.Save(Path.Combine(folder, "network.safetensors"))
                use x = torch.randn (2L, 2L, 9L, 8L)
                use newer = BnnModel.Load folder
                Expect.equal (bits (newer.LogitsOf x)) (bits (model.LogitsOf x)) "network.bnn comes first"

                File.Delete(Path.Combine(folder, "network.bnn"))
                use older = BnnModel.Load folder
                Expect.equal (bits (older.LogitsOf x)) (bits (earlier.LogitsOf x)) "network.safetensors alone")
        }

        test "The file is listed, imported as another network's weights, and read under any name" {
            inFile (fun path ->
                use _scope = torch.NewDisposeScope()
                use network = trained (Models.BinaryResNet20(5, 3, 32).Scaled 0.25)
                use model = modelOf network true
                model.Save path
                let file = WeightsFile.Read path
                Expect.isTrue file.IsDescribed "described"
                Expect.equal file.Network model.Description "the network"
                Expect.equal [ for tensor in file.Tensors -> tensor.Name ] [ "signs"; "scales"; "rest" ] "tensors"

                let x = torch.randn (2L, 3L, 32L, 32L)
                use imported = BnnModel.Import(path, model.Description)
                Expect.equal (bits (imported.LogitsOf x)) (bits (model.LogitsOf x)) "imported"

                let other = Path.ChangeExtension(path, ".safetensors")
                File.Move(path, other)
                use loaded = BnnModel.Load other
                Expect.equal (bits (loaded.LogitsOf x)) (bits (model.LogitsOf x)) "under another name")
        }
    ]

[<Tests>]
let tests = testList "Packed network" laws
