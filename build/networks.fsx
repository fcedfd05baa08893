// Writes docs/networks.md from the networks' descriptions; with --check it says whether that page is up to date, and fails where it
// is not. First `dotnet build -c Release`, then `dotnet fsi build/networks.fsx [--check]`.
#load "../experiments/bnn.fsx"

open System.Globalization
open System.IO
open Bnn

/// How each is made, its description, whose it is.
let private networks =
    [
        "ReActNetA()", Models.ReActNetA(), "Liu et al., ECCV 2020; the paper's own network"
        "ReActNetSmall()", Models.ReActNetSmall(), "the same blocks for small images; the trainer's default"
        "ReActNet(layers)",
        Models.ReActNet(Models.ReActNetSmall().Layers),
        "the same blocks, widths and strides of your own (here the small one's)"
        "ReActNet18()", Models.ReActNet18(), "Liu et al., ECCV 2020"
        "BiReal18()", Models.BiReal18(), "Liu et al., ECCV 2018; ReActNet-18 without learned shifts and PReLU"
        "StrongBaseline()",
        Models.StrongBaseline(),
        "Martinez et al., ICLR 2020, section 4.1; the network of the paper's Table 1"
        "BinaryNet()", Models.BinaryNet(), "VGG-small, for CIFAR-10"
        "BinaryResNet20()", Models.BinaryResNet20(), "ResNet-20 with binary convolutions, for CIFAR-10"
        "ResNet18()", Models.ResNet18(), "real, a teacher; He et al., CVPR 2016, as torchvision has it"
        "ResNet34()", Models.ResNet34(), "real, the paper's teacher"
        "ResNet50()", Models.ResNet50(), "real, a teacher"
    ]

let private line (factory: string, model: ModelDescription, source: string) =
    let summary = model.Summary()

    let count (n: int64) =
        n.ToString("N0", CultureInfo.InvariantCulture)

    let operations =
        summary.Operations.ToString("0.000e0", CultureInfo.InvariantCulture)

    $"| `{factory}` | {model.Channels} x {model.Height} x {model.Width} | {count summary.Parameters} | {count summary.BinaryParameters} | {count summary.Bytes} | {operations} | {source} |"

/// docs/networks.md.
let private page =
    [
        "# Networks"
        ""
        "<!-- Written by build/networks.fsx. -->"
        "A network is a description, data without weights: `Models.ReActNetA(classes: 100, channels: 1, size: 33).Scaled(0.25)`. Classes, channels and the"
        "size of the images are free, odd sizes too; `Scaled` changes the widths, `with { Layers = ..., Height = ..., Width = ... }` anything. `Summary()` prints its"
        "layers, parameters, bytes and operations."
        ""
        "| `Models.` | images | parameters | of 1 bit | bytes | OPs | what it is |"
        "|---|---|---|---|---|---|---|"
        yield! List.map line networks
        ""
        "Bytes: what its file `.bnn` stores: a bit for each binary weight; 4 bytes for each other parameter, for the scale of each channel of a binary convolution,"
        "and for each running mean and variance. Its header of about 1 kB comes on top (class names, with 5 bytes each). OPs = binary operations / 64 + real multiply-adds, of one image."
        ""
        "## The real twin"
        "The same description trains fully real, with binary activations, with binary weights, or all binary: each `Stage` says which, and one set of weights goes"
        "through all of them. Where activations are real, their sign (after its learned shift, where the network has one) is replaced by clipping to -1..1,"
        "which is what the clip surrogate is the derivative of. Where weights are real, the latent weights are used as they are, unscaled. Nothing else changes."
        "ResNet-18, 34 and 50 have no binary layers, so all their twins are the same."
        ""
        "## Files"
        "Tensors have the published code's names (torchvision's in the real ResNets), so its files are read as they are:"
        "```csharp"
        "using var a = BnnModel.Load(\"step2.pth.tar\");                              // architecture inferred from tensor names; ImageNet's normalization"
        "using var b = BnnModel.Import(\"step1.pth.tar\", Models.ReActNetA(), new ImportOptions { BinaryWeights = false });"
        "Console.WriteLine(WeightsFile.Read(\"step2.pth.tar\"));                      // what a file holds, without making a network of it"
        "b.Save(\"net.bnn\"); b.Save(\"net.pth\"); b.Save(\"net.safetensors\");          // the smallest; torch.load reads the second"
        "```"
        "- `.bnn` is the network's own file, a folder's `network.bnn` too: one bit for each binary weight (8 to a byte, the first in the lowest bit, 1 where w >= 0), the"
        "  scale alpha = mean |w| of each output channel, all other numbers in 32 bits. `Load` gives the same logits to the bit; latent weights are alpha sign(w) then, also in a"
        "  .pth that is saved from it, and batch norm's counters are 0. Where weights are used real (`BinaryWeights = false`) they are stored at 32 bits. It is a safetensors"
        "  file of three tensors, `signs`, `scales` and `rest`, with a checksum: any damage is a clear error. The other files hold the latent weights as they are."
        "- .pth, .pth.tar and .pt, as zip files or in the older form; safetensors. The reader of PyTorch's files builds tensors and plain data only: anything else in them"
        "  is refused, nothing is run, and sizes are checked before memory is taken."
        "- A state_dict alone, or under `state_dict`, `model_state_dict` or `model`. Names that all begin with `module.` (DataParallel) lose it. ReActNet-A's released"
        "  step 2 has its binary weights as `weights`, in a column: they become `weight`, in four dimensions. Batch norm's counters may be missing."
        "- Missing, extra or misshapen tensors are one error that lists them all; then nothing has changed."
        "- Strides and the size of images leave no trace in tensors. Files that `Save` wrote describe their network, so `Load` gives it back exactly; others are"
        "  taken as published (224 x 224, 32 x 32 for CIFAR-10's networks), and `Import` takes another description."
        ""
    ]
    |> String.concat "\n"

let private path = Path.Combine(__SOURCE_DIRECTORY__, "..", "docs", "networks.md")

match List.ofArray fsi.CommandLineArgs |> List.tail with
| [ "--check" ] when File.ReadAllText path <> page ->
    eprintfn "docs/networks.md is out of date: dotnet fsi build/networks.fsx"
    exit 1
| [ "--check" ] -> printfn "docs/networks.md is up to date"
| _ -> File.WriteAllText(path, page)
