namespace Bnn;

/// <summary>Real ResNets (He et al., CVPR 2016), as torchvision has them: what teachers are. A layer of the description is a block; the
/// stride of a bottleneck is its 3x3 convolution's, and its width the output's, 4 times the inner one.</summary>
internal static class RealResNet
{
    private const int Expansion = 4;

    /// <summary>Blocks of two 3x3 convolutions: ResNet-18 and 34.</summary>
    public static IReadOnlyList<INetworkLayer> Basic(ParameterStore store, ModelDescription model) =>
        Declare(store, model, (name, inputs, outputs, stride) => new Sequential(
            new Convolution(store, $"{name}.conv1", inputs, outputs, 3, stride),
            new BatchNorm(store, $"{name}.bn1", outputs),
            Function.Relu,
            new Convolution(store, $"{name}.conv2", outputs, outputs, 3, 1),
            new BatchNorm(store, $"{name}.bn2", outputs)));

    /// <summary>Blocks of a 1x1, a 3x3 and a 1x1 convolution: ResNet-50.</summary>
    public static IReadOnlyList<INetworkLayer> Bottleneck(ParameterStore store, ModelDescription model) =>
        Declare(store, model, (name, inputs, outputs, stride) =>
        {
            var inner = outputs / Expansion;
            return new Sequential(
                new Convolution(store, $"{name}.conv1", inputs, inner, 1, 1),
                new BatchNorm(store, $"{name}.bn1", inner),
                Function.Relu,
                new Convolution(store, $"{name}.conv2", inner, inner, 3, stride),
                new BatchNorm(store, $"{name}.bn2", inner),
                Function.Relu,
                new Convolution(store, $"{name}.conv3", inner, outputs, 1, 1),
                new BatchNorm(store, $"{name}.bn3", outputs));
        });

    private static List<INetworkLayer> Declare(
        ParameterStore store, ModelDescription model, Func<string, long, long, long, INetworkLayer> body)
    {
        var (width, stemStride) = model.Layers[0];
        var layers = new List<INetworkLayer>
        {
            new Convolution(store, "conv1", model.Channels, width, 7, stemStride),
            new BatchNorm(store, "bn1", width),
            Function.Relu,
            Function.StemPool,
        };
        foreach (var (name, inputs, outputs, stride) in ResNetBlocks.Of(model))
        {
            layers.Add(new Residual(body(name, inputs, outputs, stride), Function.Relu, Shortcut(store, name, inputs, outputs, stride)));
            width = outputs;
        }

        layers.Add(Function.GlobalMean);
        layers.Add(new Classifier(store, "fc", width, model.Classes));
        return layers;
    }

    private static Sequential? Shortcut(ParameterStore store, string name, long inputs, long outputs, long stride) =>
        stride == 1 && inputs == outputs
            ? null
            : new(
                new Convolution(store, $"{name}.downsample.0", inputs, outputs, 1, stride),
                new BatchNorm(store, $"{name}.downsample.1", outputs));
}
