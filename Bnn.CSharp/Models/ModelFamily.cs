namespace Bnn;

/// <summary>How a network's layers are put together. In the real twin of a binary one (stages whose activations or weights are real) the
/// sign of activations is replaced by clipping to -1..1, and weights are the latent ones.</summary>
public enum ModelFamily
{
    /// <summary>ReActNet on MobileNet's plan: blocks of a binary 3x3 and a binary 1x1 half (Liu et al., ECCV 2020).</summary>
    ReActNet,

    /// <summary>ReActNet on ResNet's plan: ReActNet-18 (Liu et al., ECCV 2020).</summary>
    ReActResNet,

    /// <summary>Bi-Real net (Liu et al., ECCV 2018).</summary>
    BiReal,

    /// <summary>The strong baseline of real-to-binary training (Martinez et al., ICLR 2020, section 4.1).</summary>
    StrongBaseline,

    /// <summary>BinaryNet, in the form called VGG-small.</summary>
    BinaryNet,

    /// <summary>Binary ResNet-20: a ResNet of basic blocks for small images, with binary convolutions.</summary>
    BinaryResNet20,

    /// <summary>Real ResNet of basic blocks (He et al., CVPR 2016): ResNet-18 and 34.</summary>
    ResNet,

    /// <summary>Real ResNet of bottlenecks: ResNet-50.</summary>
    BottleneckResNet,
}

internal static class ModelFamilies
{
    /// <summary>The layers of a description, declared in the store.</summary>
    public static IReadOnlyList<INetworkLayer> Declare(ParameterStore store, ModelDescription model) => model.Family switch
    {
        ModelFamily.ReActNet => ReActNet.Declare(store, model),
        ModelFamily.ReActResNet => BinaryResNet18.ReAct(store, model),
        ModelFamily.BiReal => BinaryResNet18.BiReal(store, model),
        ModelFamily.StrongBaseline => BinaryResNet18.Strong(store, model),
        ModelFamily.BinaryNet => SmallBinaryNets.Vgg(store, model),
        ModelFamily.BinaryResNet20 => SmallBinaryNets.BinaryResNet20(store, model),
        ModelFamily.ResNet => RealResNet.Basic(store, model),
        ModelFamily.BottleneckResNet => RealResNet.Bottleneck(store, model),
        _ => throw new ArgumentOutOfRangeException(nameof(model), model.Family, "a model family"),
    };

    /// <summary>What a family asks of a layer's width, given the one before it; null where it is content.</summary>
    public static string? WidthFault(this ModelFamily family, int before, int width) => family switch
    {
        ModelFamily.ReActNet when width != before && width != 2 * before => $"{before} or {2 * before}, the width before it or its double",
        ModelFamily.BinaryResNet20 when width < before => $"at least {before}, the width before it",
        ModelFamily.BottleneckResNet when width % 4 != 0 => "a multiple of 4",
        _ => null,
    };
}
