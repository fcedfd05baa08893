using static TorchSharp.torch;

namespace Bnn;

/// <summary>Half of a ReActNet block whose channels double: shifted sign, two binary convolutions with batch norm that both see the same
/// input and have the shortcut added, their channels joined.</summary>
internal sealed class DoublingHalf(INetworkLayer sign, INetworkLayer[] branches, INetworkLayer? shortcut) : INetworkLayer
{
    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        var (binary, added) = (sign.Forward(x, mode), shortcut?.Forward(x, mode) ?? x);
        return cat(Array.ConvertAll(branches, branch => branch.Forward(binary, mode) + added), 1);
    }

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        _ = sign.Trace(input, rows);
        var outputs = Array.ConvertAll(branches, branch => branch.Trace(input, rows));
        return outputs[0] with { Channels = outputs.Sum(output => output.Channels) };
    }
}

/// <summary>ReActNet (Liu et al., ECCV 2020): a real convolution, then blocks of a binary 3x3 and a binary 1x1 half.</summary>
internal static class ReActNet
{
    /// <summary>The network's layers, declared in <paramref name="store"/> under the reference's names.</summary>
    public static IReadOnlyList<INetworkLayer> Declare(ParameterStore store, ModelDescription model)
    {
        var (width, stemStride) = model.Layers[0];
        var layers = new List<INetworkLayer>
        {
            new Convolution(store, "feature.0.conv1", model.Channels, width, 3, stemStride),
            new BatchNorm(store, "feature.0.bn1", width),
        };

        for (var k = 1; k < model.Layers.Count; k++)
        {
            var (next, stride) = model.Layers[k];
            var name = $"feature.{k}";
            layers.AddRange(Half(store, name, 1, width, 3, stride, [("binary_3x3", "bn1")]));
            layers.AddRange(Half(
                store, name, 2, width, 1, 1, next == width ? [("binary_pw", "bn2")] : [("binary_pw_down1", "bn2_1"), ("binary_pw_down2", "bn2_2")]));
            width = next;
        }

        layers.Add(Function.GlobalMean);
        layers.Add(new Classifier(store, "fc", width, model.Classes));
        return layers;
    }

    private static IEnumerable<INetworkLayer> Half(
        ParameterStore store, string name, int number, long channels, long kernel, long stride,
        (string Convolution, string Norm)[] branches)
    {
        var sign = ActivationSign.Shifted(store, $"{name}.move{number}1", channels);

        // All convolutions are declared before the norms, as in the reference's files.
        var convolutions = Array.ConvertAll(
            branches, branch => new BinaryConvolution(store, $"{name}.{branch.Convolution}", channels, channels, kernel, stride));
        var parts = convolutions.Zip(
            branches, (convolution, branch) => new Sequential(convolution, new BatchNorm(store, $"{name}.{branch.Norm}", channels))).ToArray();
        var shortcut = stride == 1 ? null : Function.MeanPool;
        yield return parts.Length == 1
            ? new Residual(new Sequential(sign, parts[0]), null, shortcut)
            : new DoublingHalf(sign, parts, shortcut);
        yield return new ShiftedPRelu(
            store, $"{name}.move{number}2", $"{name}.prelu{number}", $"{name}.move{number}3", channels * parts.Length);
    }
}
