using Microsoft.FSharp.Collections;
using static TorchSharp.torch;

namespace Bnn.Benchmarks;

/// <summary>One step of Adam on 200 tensors of 64 weights, which is where a call for each tensor and operation costs most. Ours lie in one
/// flat buffer, as a network's parameters do, and are one pass. No operation is long enough for torch to use a second thread, so
/// OMP_WAIT_POLICY does not matter.</summary>
internal static class SmallTensors
{
    private const int Tensors = 200;
    private const int Weights = 64;
    private const double LearningRate = 1e-3;

    // a step of ours is too short for one reading of the clock
    private const int StepsATurn = 20;

    /// <summary>Times both and prints the ratio.</summary>
    public static void Print()
    {
        var places = Enumerable.Range(0, Tensors).Select(k => ((long)k * Weights, Weights, 1L)).ToList();
        using var group = new FlatGroup(
            ParameterGroup.BinaryWeights, randn(Tensors * Weights), randn(Tensors * Weights), places);
        var rule = Rules.Adam().Then(Rules.Descend(LearningRate));
        using var ours = new RuleOptimizer(rule, 1000, [group]);
        var parameters = Enumerable.Range(0, Tensors)
            .Select(_ => new TorchSharp.Modules.Parameter(randn(Weights)) { grad = randn(Weights) }).ToList();
        using var torchs = optim.Adam(parameters, lr: LearningRate);

        var times = Turns.Medians(
            101,
            () => Repeat(() => ours.Step()),
            () => Repeat(() =>
            {
                using var scope = NewDisposeScope();
                torchs.step();
            })).Select(turn => turn / StepsATurn).ToArray();
        Report.Header("one step of Adam on 200 tensors of 64 weights", "ms", "times as long as ours");
        Report.Row("the compiled rule, sign flips counted", Report.Number(times[0], 4), "1");
        Report.Row("torch.optim.Adam of TorchSharp", Report.Number(times[1], 4), Report.Number(times[1] / times[0], 1));
    }

    private static void Repeat(Action step)
    {
        for (var k = 0; k < StepsATurn; k++)
        {
            step();
        }
    }
}
