using static TorchSharp.torch;

namespace Bnn;

/// <summary>Counts saturated inputs of a sign that are not there as a tensor: what they were before a clip.</summary>
internal static class SaturatedInputs
{
    private static readonly CompiledPass Plain = Counting(BinarizerModule.x);
    private static readonly CompiledPass Shifted = Counting(ElementwiseModule.shifted);

    /// <summary>How many of the inputs have |x + shift| > 1.</summary>
    /// <param name="inputs">Makes x, N x C x H x W; called once.</param>
    /// <param name="shift">A number for each channel; null for none.</param>
    public static double Count(Func<Tensor> inputs, Tensor? shift)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var x = inputs().contiguous();
        return (shift is null ? Plain : Shifted)
            .Run(ChannelLayout.Activations(x), x, _ => x, _ => shift!, CompiledPass.Nothing<double>).Sum();
    }

    private static CompiledPass Counting(Expr input) =>
        new(PassModule.create(Microsoft.FSharp.Collections.FSharpList<Tuple<string, Expr>>.Empty, [Metric.saturated(input)]));
}
