namespace Bnn

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// The networks, for square images, and those that others have written as JSON.
[<AbstractClass; Sealed>]
type Models =
    /// The model that `ToJson` has written; faults of the text raise `BnnConfigurationException`, all at once. Whether the network is
    /// sound, its `Validate` tells.
    static member FromJson(json: string) =
        ArgumentNullException.ThrowIfNull json
        Fault.orRaise (NetworkJson.toModel json)

    static member private Of(name, network: int -> Network, classes: int, channels: int, size: int) =
        ModelDescription.Create(name, network classes, channels, size, size)

    /// A network of a family, of these layers.
    static member private OfLayers
        (name, family, layers: IEnumerable<struct (int * int)>, classes: int, channels: int, size: int)
        =
        ArgumentNullException.ThrowIfNull layers

        let layers: (int * int) list =
            [ for struct (width, stride) in layers -> width, stride ]

        Fault.require (
            Fault.unless
                (layers.Length >= 2)
                $"model {name}: layers"
                (string layers.Length)
                "at least 2: the first convolution, then each block or convolution"
        )

        let model = Models.Of(name, family layers, classes, channels, size)
        ModelDescription.require model
        model

    /// ReActNet-A (Liu et al., ECCV 2020): 29,343,592 parameters, 28,253,184 of them binary; 0.871e8 operations at 224 x 224.
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    static member ReActNetA
        (
            [<Optional; DefaultParameterValue(1000)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(224)>] size: int
        ) =
        Models.Of("ReActNet-A", ReActNet.network ReActNet.a, classes, channels, size)

    /// A small ReActNet for small images: what the trainer takes where no model is named.
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 1.</param>
    /// <param name="size">Height and width of the images in pixels; default 28.</param>
    static member ReActNetSmall
        (
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(1)>] channels: int,
            [<Optional; DefaultParameterValue(28)>] size: int
        ) =
        Models.Of("ReActNet-small", ReActNet.network ReActNet.small, classes, channels, size)

    /// A ReActNet of free widths and strides. Widths that do not fit raise `BnnConfigurationException`.
    /// <param name="layers">Width and stride of the first convolution, then of each block, which keeps the width before it or doubles it.</param>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 1.</param>
    /// <param name="size">Height and width of the images in pixels; default 28.</param>
    static member ReActNet
        (
            layers: IEnumerable<struct (int * int)>,
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(1)>] channels: int,
            [<Optional; DefaultParameterValue(28)>] size: int
        ) =
        ArgumentNullException.ThrowIfNull layers
        let layers = [ for struct (width, stride) in layers -> width, stride ]
        Fault.require (ReActNet.validate layers |> Fault.ofPart "model ReActNet")
        Models.Of("ReActNet", ReActNet.network layers, classes, channels, size)

    /// ReActNet-18 (Liu et al., ECCV 2020): 11,704,424 parameters, 10,985,472 of them binary. Options as `ReActNetA` has them.
    static member ReActNet18
        (
            [<Optional; DefaultParameterValue(1000)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(224)>] size: int
        ) =
        Models.Of("ReActNet-18", ResNets.reActNet18 ResNets.eighteen, classes, channels, size)

    /// Bi-Real-18 (Liu et al., ECCV 2018): ReActNet-18 without learned shifts and PReLU. Options as `ReActNetA` has them.
    static member BiReal18
        (
            [<Optional; DefaultParameterValue(1000)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(224)>] size: int
        ) =
        Models.Of("Bi-Real-18", ResNets.biReal18 ResNets.eighteen, classes, channels, size)

    /// StrongBaseline, a binary ResNet-18 (Martinez et al., ICLR 2020, section 4.1): the network of the paper's Table 1. Its learned scales
    /// have a factor for each row and column, so it takes images of one size. Options as `ReActNetA` has them.
    static member StrongBaseline
        (
            [<Optional; DefaultParameterValue(1000)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(224)>] size: int
        ) =
        Models.Of("StrongBaseline", ResNets.strongBaseline ResNets.eighteen, classes, channels, size)

    /// BinaryNet in the form called VGG-small, for CIFAR-10: six convolutions of 128, 128, 256, 256, 512 and 512 channels.
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 32.</param>
    static member BinaryNet
        (
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(32)>] size: int
        ) =
        Models.Of("BinaryNet", ResNets.binaryNet ResNets.vggSmall, classes, channels, size)

    /// BinaryNet with layers of other widths. Layers that make no network raise `BnnConfigurationException`.
    /// <param name="layers">Width of each 3x3 convolution, and its stride: 2 where a max pool follows it.</param>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 32.</param>
    static member BinaryVgg
        (
            layers: IEnumerable<struct (int * int)>,
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(32)>] size: int
        ) =
        Models.OfLayers("BinaryNet", ResNets.binaryNet, layers, classes, channels, size)

    /// Binary ResNet-20, for CIFAR-10: nine blocks of two convolutions, 16 to 64 channels. Options as `BinaryNet` has them.
    static member BinaryResNet20
        (
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(32)>] size: int
        ) =
        Models.Of("binary ResNet-20", ResNets.binarySmall ResNets.twenty, classes, channels, size)

    /// Real ResNet-20 (He et al., CVPR 2016, section 4.2), for CIFAR-10: the usual teacher there. Options as `BinaryNet` has them.
    static member ResNet20
        (
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(32)>] size: int
        ) =
        Models.Of("ResNet-20", ResNets.realSmall ResNets.twenty, classes, channels, size)

    /// A real ResNet for small images (He et al., CVPR 2016, section 4.2): a 3x3 convolution, blocks of two, shortcuts without parameters
    /// (option A), as the usual code for CIFAR-10 has it. ResNet-56 has 27 blocks of 16, 32 and 64 channels. Layers that make no network raise
    /// `BnnConfigurationException`.
    /// <param name="layers">Width and stride of the first convolution, then of each block.</param>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 32.</param>
    static member CifarResNet
        (
            layers: IEnumerable<struct (int * int)>,
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(32)>] size: int
        ) =
        Models.OfLayers("CIFAR ResNet", ResNets.realSmall, layers, classes, channels, size)

    /// The binary ResNet for small images of these layers: binary ResNet-20's blocks. Options as `CifarResNet` has them.
    static member BinaryCifarResNet
        (
            layers: IEnumerable<struct (int * int)>,
            [<Optional; DefaultParameterValue(10)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(32)>] size: int
        ) =
        Models.OfLayers("binary CIFAR ResNet", ResNets.binarySmall, layers, classes, channels, size)

    /// Real ResNet-18 (He et al., CVPR 2016), as torchvision has it: a teacher. Options as `ReActNetA` has them.
    static member ResNet18
        (
            [<Optional; DefaultParameterValue(1000)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(224)>] size: int
        ) =
        Models.Of(
            "ResNet-18",
            ResNets.real (ResNets.layers (64, 2) [ 64, 2; 128, 2; 256, 2; 512, 2 ]),
            classes,
            channels,
            size
        )

    /// Real ResNet-34, as torchvision has it: the paper's teacher. Options as `ReActNetA` has them.
    static member ResNet34
        (
            [<Optional; DefaultParameterValue(1000)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(224)>] size: int
        ) =
        Models.Of(
            "ResNet-34",
            ResNets.real (ResNets.layers (64, 2) [ 64, 3; 128, 4; 256, 6; 512, 3 ]),
            classes,
            channels,
            size
        )

    /// Real ResNet-50, as torchvision has it: a teacher. Options as `ReActNetA` has them.
    static member ResNet50
        (
            [<Optional; DefaultParameterValue(1000)>] classes: int,
            [<Optional; DefaultParameterValue(3)>] channels: int,
            [<Optional; DefaultParameterValue(224)>] size: int
        ) =
        Models.Of(
            "ResNet-50",
            ResNets.bottlenecks (ResNets.layers (64, 2) [ 256, 3; 512, 4; 1024, 6; 2048, 3 ]),
            classes,
            channels,
            size
        )
