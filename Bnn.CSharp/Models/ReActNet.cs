using static TorchSharp.torch;

namespace Bnn;

/// <summary>Half of a ReActNet block: shifted sign, one or two binary convolutions with batch norm, each with the shortcut
/// added, shifted PReLU. Two convolutions double the channels: both see the same input and shortcut.</summary>
internal sealed class ReActHalf : INetworkLayer
{
    private readonly ShiftedSign sign;
    private readonly (BinaryConvolution Convolution, BatchNorm Norm)[] branches;
    private readonly ShiftedPRelu activation;
    private readonly long stride;

    public ReActHalf(ParameterStore store, HalfNames names, long channels, long kernel, long stride, bool isFirst)
    {
        this.stride = stride;
        sign = new ShiftedSign(store, names.Sign, channels, isFirst);
        // All convolutions are declared before the norms, as in the reference's files.
        var convolutions = names.Branches
            .Select(branch => new BinaryConvolution(store, branch.Convolution, channels, channels, kernel, stride)).ToArray();
        branches = [.. convolutions.Zip(names.Branches, (c, branch) => (c, new BatchNorm(store, branch.Norm, channels)))];
        activation = new ShiftedPRelu(
            store, names.Before, names.PRelu, names.After, channels * names.Branches.Count);
    }

    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        var binary = sign.Forward(x, mode);
        // ceil_mode without counting the padding equals the reference on even sizes and works on odd ones.
        var shortcut = stride == 1
            ? x
            : nn.functional.avg_pool2d(x, [2, 2], [stride, stride], ceil_mode: true, count_include_pad: false);
        var outputs = Array.ConvertAll(
            branches, branch => branch.Norm.Forward(branch.Convolution.Forward(binary, mode), mode) + shortcut);
        return activation.Forward(outputs.Length == 1 ? outputs[0] : cat(outputs, 1), mode);
    }

    public (Extent3 Output, NetworkCost Cost) Trace(Extent3 input)
    {
        var traces = branches.Select(branch => branch.Convolution.Trace(input)).ToList();
        var each = traces[0].Output;
        return (each with { Channels = each.Channels * traces.Count }, traces.Aggregate(default(NetworkCost), (a, b) => a + b.Cost));
    }

    /// <summary>The names of the half's parts in the reference's files.</summary>
    internal sealed record HalfNames(
        string Sign, IReadOnlyList<(string Convolution, string Norm)> Branches, string Before, string PRelu, string After);
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
            new Convolution(store, "feature.0.conv1", model.Channels, width, 3, stemStride, isBinary: false),
            new BatchNorm(store, "feature.0.bn1", width),
        };

        for (var k = 1; k < model.Layers.Count; k++)
        {
            var (next, stride) = model.Layers[k];
            var name = $"feature.{k}";
            layers.Add(new ReActHalf(
                store,
                new($"{name}.move11", [($"{name}.binary_3x3", $"{name}.bn1")], $"{name}.move12", $"{name}.prelu1", $"{name}.move13"),
                width, 3, stride, isFirst: k == 1));
            (string, string)[] branches = next == width
                ? [($"{name}.binary_pw", $"{name}.bn2")]
                : [($"{name}.binary_pw_down1", $"{name}.bn2_1"), ($"{name}.binary_pw_down2", $"{name}.bn2_2")];
            layers.Add(new ReActHalf(
                store,
                new($"{name}.move21", branches, $"{name}.move22", $"{name}.prelu2", $"{name}.move23"),
                width, 1, 1, isFirst: false));
            width = next;
        }

        layers.Add(new Classifier(store, "fc", width, model.Classes));
        return layers;
    }
}
