namespace Bnn;

/// <summary>The networks.</summary>
public static class Models
{
    /// <summary>ReActNet-A (Liu et al., ECCV 2020): 29,343,592 parameters, 28,253,184 of them binary; 0.871e8 operations at
    /// 224 x 224.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription ReActNetA(int classes = 1000, int channels = 3, int size = 224) => new(
        "ReActNet-A",
        [
            (32, 2), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1),
            (512, 1), (1024, 2), (1024, 1),
        ],
        classes, channels, size, size);

    /// <summary>A small ReActNet for small images: what the trainer takes where no model is named.</summary>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 1.</param>
    /// <param name="size">Height and width of the images in pixels; default 28.</param>
    public static ModelDescription ReActNetSmall(int classes = 10, int channels = 1, int size = 28) =>
        ReActNet([(32, 2), (64, 2), (128, 2), (128, 1)], classes, channels, size) with { Name = "ReActNet-small" };

    /// <summary>A ReActNet of free widths and strides.</summary>
    /// <param name="layers">Width and stride of the first convolution, then of each block.</param>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 1.</param>
    /// <param name="size">Height and width of the images in pixels; default 28.</param>
    public static ModelDescription ReActNet(
        IEnumerable<(int Width, int Stride)> layers, int classes = 10, int channels = 1, int size = 28)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new("ReActNet", [.. layers], classes, channels, size, size);
    }

    /// <summary>ReActNet-18 (Liu et al., ECCV 2020): 11,704,424 parameters, 10,985,472 of them binary.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription ReActNet18(int classes = 1000, int channels = 3, int size = 224) =>
        SingleBlocks("ReActNet-18", ModelFamily.ReActResNet, classes, channels, size);

    /// <summary>Bi-Real-18 (Liu et al., ECCV 2018): ReActNet-18 without learned shifts and PReLU.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription BiReal18(int classes = 1000, int channels = 3, int size = 224) =>
        SingleBlocks("Bi-Real-18", ModelFamily.BiReal, classes, channels, size);

    /// <summary>StrongBaseline, a binary ResNet-18 (Martinez et al., ICLR 2020, section 4.1): the network of the paper's Table 1. Its learned
    /// scales have a factor for each row and column, so it takes images of one size.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription StrongBaseline(int classes = 1000, int channels = 3, int size = 224) =>
        SingleBlocks("StrongBaseline", ModelFamily.StrongBaseline, classes, channels, size);

    /// <summary>BinaryNet in the form called VGG-small, for CIFAR-10: six convolutions of 128, 128, 256, 256, 512 and 512 channels.</summary>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 32.</param>
    public static ModelDescription BinaryNet(int classes = 10, int channels = 3, int size = 32) => new(
        "BinaryNet", [(128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2)], classes, channels, size, size)
    {
        Family = ModelFamily.BinaryNet,
    };

    /// <summary>Binary ResNet-20, for CIFAR-10: nine blocks of two convolutions, 16 to 64 channels.</summary>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 32.</param>
    public static ModelDescription BinaryResNet20(int classes = 10, int channels = 3, int size = 32) => new(
        "binary ResNet-20", [(16, 1), .. Blocks((16, 3), (32, 3), (64, 3))], classes, channels, size, size)
    {
        Family = ModelFamily.BinaryResNet20,
    };

    /// <summary>Real ResNet-18 (He et al., CVPR 2016), as torchvision has it: a teacher.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription ResNet18(int classes = 1000, int channels = 3, int size = 224) =>
        ResNet("ResNet-18", [2, 2, 2, 2], classes, channels, size);

    /// <summary>Real ResNet-34, as torchvision has it: the paper's teacher.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription ResNet34(int classes = 1000, int channels = 3, int size = 224) =>
        ResNet("ResNet-34", [3, 4, 6, 3], classes, channels, size);

    /// <summary>Real ResNet-50, as torchvision has it: a teacher.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription ResNet50(int classes = 1000, int channels = 3, int size = 224) => new(
        "ResNet-50", [(64, 2), .. Blocks((256, 3), (512, 4), (1024, 6), (2048, 3))], classes, channels, size, size)
    {
        Family = ModelFamily.BottleneckResNet,
    };

    private static ModelDescription ResNet(string name, int[] depths, int classes, int channels, int size) => new(
        name, [(64, 2), .. Blocks((64, depths[0]), (128, depths[1]), (256, depths[2]), (512, depths[3]))], classes, channels, size, size)
    {
        Family = ModelFamily.ResNet,
    };

    /// <summary>ResNet-18's plan with a block for each convolution.</summary>
    private static ModelDescription SingleBlocks(string name, ModelFamily family, int classes, int channels, int size) => new(
        name, [(64, 2), .. Blocks((64, 4), (128, 4), (256, 4), (512, 4))], classes, channels, size, size)
    {
        Family = family,
    };

    /// <summary>So many blocks of each width; the first of each but the first width has stride 2.</summary>
    private static IEnumerable<(int Width, int Stride)> Blocks(params (int Width, int Count)[] layers) =>
        layers.SelectMany((layer, k) => Enumerable.Range(0, layer.Count).Select(block => (layer.Width, k > 0 && block == 0 ? 2 : 1)));
}
