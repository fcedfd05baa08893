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
        Models.ReActNet [ for width, stride in ReActNet.small -> struct (width, stride) ],
        "the same blocks, widths and strides of your own (here the small one's)"
        "ReActNet18()", Models.ReActNet18(), "Liu et al., ECCV 2020"
        "BiReal18()", Models.BiReal18(), "Liu et al., ECCV 2018; ReActNet-18 without learned shifts and PReLU"
        "StrongBaseline()",
        Models.StrongBaseline(),
        "Martinez et al., ICLR 2020, section 4.1; the network of the paper's Table 1"
        "BinaryNet()", Models.BinaryNet(), "VGG-small, for CIFAR-10"
        "BinaryResNet20()", Models.BinaryResNet20(), "ResNet-20 with binary convolutions, for CIFAR-10"
        "BinaryVgg(layers)",
        Models.BinaryVgg [ for width, stride in ResNets.vggSmall -> struct (width, stride) ],
        "BinaryNet of layers of your own (here its own)"
        "BinaryCifarResNet(layers)",
        Models.BinaryCifarResNet [ for width, stride in ResNets.twenty -> struct (width, stride) ],
        "BinaryResNet20 of layers of your own (here its own)"
        "CifarResNet(layers)",
        Models.CifarResNet [ for width, stride in ResNets.twenty -> struct (width, stride) ],
        "real ResNets for small images, of layers of your own (here ResNet-20's)"
        "ResNet20()", Models.ResNet20(), "real, the usual teacher for CIFAR-10; He et al., CVPR 2016, section 4.2"
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
        "A network is a value, data without weights: `Models.ReActNetA(classes: 100, channels: 1, size: 33).Scaled(0.25)`. Classes, channels and the size"
        "of the images are free, odd sizes too. `Summary()` prints its layers, parameters, bytes and operations; `ToString()` how they are put together."
        "`ToJson()` writes it, `Models.FromJson` reads it, two are equal where all of their layers are, and `Validate()` says all that is wrong."
        ""
        "| `Models.` | images | parameters | of 1 bit | bytes | OPs | what it is |"
        "|---|---|---|---|---|---|---|"
        yield! List.map line networks
        ""
        "Bytes: what its file `.bnn` stores: a bit for each binary weight; 4 bytes for each other parameter, for the scale of each channel of a binary convolution,"
        "and for each running mean and variance. Its header comes on top: the network, about 80 bytes a layer, and the classes. OPs = binary operations / 64 + real multiply-adds, of one image."
        ""
        "## A network of one's own"
        "`Layers` has a function for each layer, and what puts them together: `a.Then(b)` (F#: `a >=> b`), `Residual(body, shortcut)`, `Branches`"
        "(each part sees the whole input, the channels are joined), `Groups` (the channels are divided), `Scope` (a prefix of names). A block is a function:"
        "```csharp"
        "Network Block(string name, int width) => Layers.Scope(name, Layers.Residual("
        "    Layers.Sign(\"sign\", shifted: true).Then(Layers.BinaryConvolution(\"conv\", width, 3, groups: 4)).Then(Layers.BatchNorm(\"norm\")))"
        "    .Then(Layers.PRelu(\"prelu\")));"
        ""
        "Network network = Layers.Convolution(\"stem\", 32, 5, stride: 2).Then(Layers.BatchNorm(\"norm\")).Then(Block(\"block1\", 32)).Then(Block(\"block2\", 32))"
        "    .Then(Layers.GlobalMean()).Then(Layers.Linear(\"classifier\", 10));"
        "new BnnTrainer().WithModel(network).Train();"
        "```"
        "[own-network.cs](../experiments/own-network.cs) and [own-network.fsx](../experiments/own-network.fsx) are whole programs."
        ""
        "| layer | what it does |"
        "|---|---|"
        "| `Convolution(name, outputs, kernel, stride, padding, groups, bias)` | real; kernels may be rows x columns, `(1, 5)`; depthwise with as many groups as channels |"
        "| `BinaryConvolution(..., weights)` | its weights pass through a binarizer, by default mean \\|w\\| sign(w) |"
        "| `Linear(name, outputs)`, `BinaryLinear` | over vectors: behind `GlobalMean()` or `Flatten()` |"
        "| `Sign(name, binarizer, shifted)` | binarizes activations, of x + a learned shift (RSign) |"
        "| `BatchNorm`, `PRelu`, `ShiftedPRelu`, `FactoredScale`, `Relu`, `HardTanh` | as their names say |"
        "| `Formula(name, \"x / (1 + exp(-slope * x))\", (\"slope\", 1))` | any formula over x and numbers that it learns for each channel |"
        "| `MaxPool`, `MeanPool`, `GlobalMean`, `Flatten`, `Upsample`, `Subsample` | sizes |"
        ""
        "Series are images of one row (1 x L, kernels of 1 x k), vectors images of one pixel (channels x 1 x 1). Networks of networks: `MapWeights`,"
        "`MapActivations`, `WithBinarizers(weights, activations)`, `Scaled`, `WithoutShortcuts`, `RealTwin`, `BinaryIn(places)`, `WithInput`, `WithClasses`."
        ""
        "## Other binarizers"
        "Any [binarizer](binarizers.md) can stand in any place: in a network of one's own, by `.WithBinarizers(weights: ..., activations: ...)` of a network or of"
        "the trainer, or for a stage's time by `Stage.Create(..., weights: ..., activations: ...)`. `places: [\"layer4\"]` makes a stage binary in these layers and scopes"
        "alone, for networks that become binary part by part. What a binarizer learns becomes a parameter. A reduction in"
        "weights is over an output channel or the layer; in an activation it is over one image, so that an image's output never depends on its batch."
        ""
        "## In training loops of one's own"
        "`model.ToModule()` is a torch `nn.Module<Tensor, Tensor>` whose parameters have the network's names. What a `Stage` and the trainer say there is set by"
        "hand: `BinaryActivations`, `BinaryWeights`, and, where a binarizer reads t, T or noise, `Iteration` before each step, `Iterations`, `NoiseSeed`."
        "```csharp"
        "using TorchSharp;"
        ""
        "using var module = Models.BinaryResNet20().ToModule();"
        "using var adam = torch.optim.Adam(module.parameters(), lr: 1e-3);"
        "module.BinaryWeights = false;                                              // step 1"
        "```"
        "`new BnnOptimizer(rule, module)` runs the library's own rules there ([training](training.md#in-a-loop-of-ones-own))."
        ""
        "## The real twin"
        "The same network trains fully real, with binary activations, with binary weights, or all binary: each `Stage` says which, and one set of weights goes"
        "through all of them. Where activations are real, their sign (after its learned shift, where the network has one) is replaced by clipping to -1..1,"
        "which is what the clip surrogate is the derivative of. Where weights are real, the latent weights are used as they are, unscaled. Nothing else changes."
        "ResNet-18, 20, 34 and 50 have no binary layers, so all their twins are the same."
        ""
        "## Files"
        "Tensors have the published code's names (torchvision's in the real ResNets), so its files are read as they are:"
        "```csharp"
        "using var a = BnnModel.Load(\"step2.pth.tar\");                              // the network that has these tensors; a.Assumptions says what they do not tell"
        "using var b = BnnModel.Import(\"step1.pth.tar\", Models.ReActNetA(), new ImportOptions { BinaryWeights = false });"
        "Console.WriteLine(WeightsFile.Read(\"step2.pth.tar\"));                      // what a file holds, without making a network of it"
        "b.Save(\"net.bnn\"); b.Save(\"net.pth\"); b.Save(\"net.safetensors\");          // the smallest; torch.load reads the second"
        "```"
        "- `.bnn` is the network's own file, a folder's `network.bnn` too: one bit for each binary weight (8 to a byte, the first in the lowest bit, 1 where w >= 0), the"
        "  scale alpha = mean |w| of each output channel, all other numbers in 32 bits, and the weights of binarizers that read more of them than the sign. `Load` gives the same logits to the bit; latent weights are alpha sign(w) then, also in a"
        "  .pth that is saved from it, and batch norm's counters are 0. Where weights are used real (`BinaryWeights = false`) they are stored at 32 bits. It is a safetensors"
        "  file of three tensors, `signs`, `scales` and `rest`, with a checksum: any damage is a clear error. The other files hold the latent weights as they are."
        "- Files of PyTorch, as zip files or in the older form, and safetensors, whatever they are called (.pth, .pt, .ckpt, .bin): what a file is, its first bytes tell. The reader of"
        "  PyTorch's files builds tensors and plain data only and runs nothing: an object beside the weights is passed over and listed (`WeightsFile.Others`), one among them is an"
        "  error. Sizes are checked before memory is taken, and of what lies beside the weights nothing is read."
        "- A state_dict alone, or the one dict of tensors in the file, under whatever key. Where there are several (`ema`), the error lists them, and `ImportOptions.Key`, or `key:` of"
        "  `StartingFrom` and `WeightsFile.Read`, chooses: `Key = \"checkpoint/ema\"`."
        "- A prefix that all names have and the network's have not is taken off and said in `model.Assumptions`: `module.` (DataParallel), `_orig_mod.` (torch.compile), `model.` (Lightning), or"
        "  the name that the network had in a larger one. ReActNet-A's released step 2 has its binary weights as `weights`, in a column: they become `weight`, in four dimensions. Batch"
        "  norm's counters may be missing, a list of one number, or no integers."
        "- Missing, extra or misshapen tensors are one error that lists them all; then nothing has changed. `ImportOptions.LeaveOutOthers` leaves out what is too much, such as the counters of"
        "  a profiler: `model.LeftOut` lists it."
        "- Files that the library wrote (`Save`, a run's folder, checkpoints) hold their network's JSON, so `Load` gives it back exactly, one that nobody knows too;"
        "  and how images are normalized, the classes' names, and whether weights and activations are binary in use. `Load`, `Import`, `StartingFrom` and a"
        "  teacher take what the file says, unless `ImportOptions`, or the data's `WithNormalization`, says otherwise."
        "- Other files say nothing but their tensors. `Load` takes the network of the library that has exactly these, by name and shape, where there is one; where"
        "  several have them, the error names each as the call that makes it, and `Import` is told which: a real and a binary ResNet for small images"
        "  (`CifarResNet`, `BinaryCifarResNet`), `BinaryNet` and its real twin, `ReActNetSmall` and the published strides of its widths. No tensor tells strides,"
        "  the size of images (as published: 224 x 224, 32 x 32 for CIFAR-10's networks), the normalization (ImageNet's), the classes' names (\"0\", \"1\", ...), or"
        "  whether binary convolutions' weights are binary in use (yes; after a step 1 they are not): `model.Assumptions` lists what was assumed."
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
