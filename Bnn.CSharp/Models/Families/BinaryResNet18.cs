namespace Bnn;

/// <summary>Binary networks on ResNet-18's plan (ReActNet-18, Bi-Real-18, StrongBaseline): a real 7x7 convolution and a max pool, blocks of one binary 3x3 convolution with a shortcut
/// each, the mean, a linear layer. A shortcut that changes size is a mean pool, a real 1x1 convolution and batch norm.</summary>
internal static class BinaryResNet18
{
    /// <summary>ReActNet-18 (Liu et al., ECCV 2020), under the reference's names.</summary>
    public static IReadOnlyList<INetworkLayer> ReAct(ParameterStore store, ModelDescription model) =>
        Declare(store, model, stemPRelu: false, (name, inputs, outputs, stride, _) => new(
            new Sequential(
                ActivationSign.Shifted(store, $"{name}.move0", inputs),
                new BinaryConvolution(store, $"{name}.binary_conv", inputs, outputs, 3, stride),
                new BatchNorm(store, $"{name}.bn1", outputs)),
            new ShiftedPRelu(store, $"{name}.move1", $"{name}.prelu", $"{name}.move2", outputs),
            Shortcut(store, name, inputs, outputs, stride)));

    /// <summary>Bi-Real-18 (Liu et al., ECCV 2018): ReActNet-18 without learned shifts and PReLU.</summary>
    public static IReadOnlyList<INetworkLayer> BiReal(ParameterStore store, ModelDescription model) =>
        Declare(store, model, stemPRelu: false, (name, inputs, outputs, stride, _) => new(
            new Sequential(
                ActivationSign.Of(store, $"{name}.sign", ElementwiseLayer.ApproxSign),
                new BinaryConvolution(store, $"{name}.binary_conv", inputs, outputs, 3, stride),
                new BatchNorm(store, $"{name}.bn1", outputs)),
            null,
            Shortcut(store, name, inputs, outputs, stride)));

    /// <summary>StrongBaseline (Martinez et al., ICLR 2020, section 4.1): batch norm before the sign, a learned scale for each channel,
    /// row and column after the convolution, PReLU before the shortcut is added.</summary>
    public static IReadOnlyList<INetworkLayer> Strong(ParameterStore store, ModelDescription model) =>
        Declare(store, model, stemPRelu: true, (name, inputs, outputs, stride, size) => new(
            new Sequential(
                new BatchNorm(store, $"{name}.bn1", inputs),
                ActivationSign.Of(store, $"{name}.sign", ElementwiseLayer.ClipSign),
                new BinaryConvolution(store, $"{name}.binary_conv", inputs, outputs, 3, stride),
                new FactoredScale(store, $"{name}.scale", size),
                new PRelu(store, $"{name}.prelu", outputs)),
            null,
            Shortcut(store, name, inputs, outputs, stride)));

    private static List<INetworkLayer> Declare(
        ParameterStore store, ModelDescription model, bool stemPRelu,
        Func<string, long, long, long, Extent3, Residual> block)
    {
        var (width, stemStride) = model.Layers[0];
        var layers = new List<INetworkLayer>
        {
            new Convolution(store, "conv1", model.Channels, width, 7, stemStride),
            new BatchNorm(store, "bn1", width),
        };
        if (stemPRelu)
        {
            layers.Add(new PRelu(store, "prelu", width));
        }

        layers.Add(Function.StemPool);
        var size = layers.Aggregate(model.Input, (input, layer) => layer.Trace(input, []));
        foreach (var (name, inputs, outputs, stride) in ResNetBlocks.Of(model))
        {
            size = new Extent3(outputs, (size.Height - 1) / stride + 1, (size.Width - 1) / stride + 1);
            layers.Add(block(name, inputs, outputs, stride, size));
            width = outputs;
        }

        layers.Add(Function.GlobalMean);
        layers.Add(new Classifier(store, "fc", width, model.Classes));
        return layers;
    }

    private static Sequential? Shortcut(ParameterStore store, string name, long inputs, long outputs, long stride)
    {
        if (stride == 1 && inputs == outputs)
        {
            return null;
        }

        var convolution = new Convolution(store, $"{name}.downsample.1", inputs, outputs, 1, 1);
        var norm = new BatchNorm(store, $"{name}.downsample.2", outputs);
        return stride == 1 ? new(convolution, norm) : new(Function.MeanPool, convolution, norm);
    }
}

/// <summary>The blocks of a ResNet under torchvision's names: layer1.0, layer1.1, ... A block that changes the size begins a layer.</summary>
internal static class ResNetBlocks
{
    public static IEnumerable<(string Name, int Inputs, int Outputs, int Stride)> Of(ModelDescription model)
    {
        var (inputs, layer, block) = (model.Layers[0].Width, 1, 0);
        foreach (var ((outputs, stride), k) in model.Layers.Skip(1).Select((size, k) => (size, k)))
        {
            if (k > 0 && (stride > 1 || outputs != inputs))
            {
                (layer, block) = (layer + 1, 0);
            }

            yield return ($"layer{layer}.{block}", inputs, outputs, stride);
            (inputs, block) = (outputs, block + 1);
        }
    }
}
