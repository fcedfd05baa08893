using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>The networks for CIFAR-10's size of images that binary methods are compared on. The sign has clip's derivative, and the
/// activation before it is clipped to -1..1.</summary>
internal static class SmallBinaryNets
{
    /// <summary>VGG-small: 3x3 convolutions, the first one real, each with batch norm; a layer of stride 2 has a max pool before its
    /// norm; a linear layer over all numbers.</summary>
    public static IReadOnlyList<INetworkLayer> Vgg(ParameterStore store, ModelDescription model)
    {
        var layers = new List<INetworkLayer>();
        var inputs = model.Channels;
        foreach (var ((width, stride), k) in model.Layers.Select((layer, k) => (layer, k)))
        {
            if (k > 0)
            {
                layers.Add(ActivationSign.Of(store, $"sign{k}", ElementwiseLayer.ClipSign));
            }

            layers.Add(k == 0
                ? new Convolution(store, "conv0", inputs, width, 3, 1)
                : new BinaryConvolution(store, $"conv{k}", inputs, width, 3, 1));
            if (stride > 1)
            {
                layers.Add(Function.MaxPool);
            }

            layers.Add(new BatchNorm(store, $"bn{k}", width));
            layers.Add(Function.HardTanh);
            inputs = width;
        }

        layers.Add(Function.Flatten);
        var numbers = layers.Aggregate(model.Input, (size, layer) => layer.Trace(size, []));
        layers.Add(new Classifier(store, "fc", numbers.Channels, model.Classes));
        return layers;
    }

    /// <summary>Binary ResNet-20, of basic blocks: a real 3x3 convolution, blocks of two binary ones; a shortcut that changes
    /// size takes every second pixel and fills the new channels with 0.</summary>
    public static IReadOnlyList<INetworkLayer> BinaryResNet20(ParameterStore store, ModelDescription model)
    {
        var (width, stemStride) = model.Layers[0];
        var layers = new List<INetworkLayer>
        {
            new Convolution(store, "conv1", model.Channels, width, 3, stemStride),
            new BatchNorm(store, "bn1", width),
            Function.HardTanh,
        };
        foreach (var (name, inputs, outputs, stride) in ResNetBlocks.Of(model))
        {
            layers.Add(new Residual(
                new Sequential(
                    ActivationSign.Of(store, $"{name}.sign1", ElementwiseLayer.ClipSign),
                    new BinaryConvolution(store, $"{name}.conv1", inputs, outputs, 3, stride),
                    new BatchNorm(store, $"{name}.bn1", outputs),
                    Function.HardTanh,
                    ActivationSign.Of(store, $"{name}.sign2", ElementwiseLayer.ClipSign),
                    new BinaryConvolution(store, $"{name}.conv2", outputs, outputs, 3, 1),
                    new BatchNorm(store, $"{name}.bn2", outputs)),
                Function.HardTanh,
                stride == 1 && inputs == outputs ? null : new Function(x => EverySecond(x, stride, outputs))));
            width = outputs;
        }

        layers.Add(Function.GlobalMean);
        layers.Add(new Classifier(store, "linear", width, model.Classes));
        return layers;
    }

    private static Tensor EverySecond(Tensor x, long stride, long channels)
    {
        var kept = x.slice(2, 0, long.MaxValue, stride).slice(3, 0, long.MaxValue, stride);
        var added = channels - x.shape[1];
        return nn.functional.pad(kept, [0, 0, 0, 0, added / 2, added - added / 2]);
    }
}
