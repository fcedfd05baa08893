using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Batch norm over channels: momentum 0.1, epsilon 1e-5.</summary>
internal sealed class BatchNorm(ParameterStore store, string name, long channels) : INetworkLayer
{
    private readonly NetworkTensor weight = store.Parameter(
        $"{name}.weight", ParameterGroup.Norms, [channels], Initial.Constant(1, channels));

    private readonly NetworkTensor bias = store.Parameter(
        $"{name}.bias", ParameterGroup.Norms, [channels], Initial.Constant(0, channels));

    private readonly NetworkTensor mean = store.Buffer(
        $"{name}.running_mean", [channels], Initial.Constant(0, channels));

    private readonly NetworkTensor variance = store.Buffer(
        $"{name}.running_var", [channels], Initial.Constant(1, channels));

    private readonly NetworkTensor batches = store.Counter($"{name}.num_batches_tracked");

    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        if (mode.Training)
        {
            batches.Value.add_(1);
        }

        return nn.functional.batch_norm(
            x, mean.Value, variance.Value, weight.Value, bias.Value, mode.Training, momentum: mode.NormMomentum, eps: 1e-5);
    }

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        rows.Add(new(name, "batch norm", input) { RealParameters = 2 * channels, Statistics = 2 * channels });
        return input;
    }
}

/// <summary>The classifier: a linear layer with bias on N x inputs.</summary>
internal sealed class Classifier(ParameterStore store, string name, long inputs, long classes) : INetworkLayer
{
    private readonly NetworkTensor weight = store.Parameter(
        $"{name}.weight", ParameterGroup.Classifier, [classes, inputs], Initial.Uniform(inputs, classes, inputs));

    private readonly NetworkTensor bias = store.Parameter(
        $"{name}.bias", ParameterGroup.Classifier, [classes], Initial.Uniform(inputs, classes));

    public Tensor Forward(Tensor x, NetworkMode mode) => nn.functional.linear(x, weight.Value, bias.Value);

    public Extent3 Trace(Extent3 input, ICollection<LayerSummary> rows)
    {
        var output = new Extent3(classes, 1, 1);
        rows.Add(new(name, "linear", output) { RealParameters = (inputs + 1) * classes, RealOperations = inputs * classes });
        return output;
    }
}
