using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bnn.Benchmarks;

/// <summary>One step of Adam on parameters as torch modules have them, each a tensor of its own with its gradient: `BnnOptimizer`, sign flips
/// counted, against TorchSharp's `torch.optim.Adam`.</summary>
internal static class OptimizerInTorch
{
    private const int Rounds = 21;
    private const double LearningRate = 1e-3;
    private static readonly int[] ThreadCounts = [1, 2];

    // the paper's decay
    private const double Decay = 5e-6;

    /// <summary>Times both on a large network, on one of many layers, and on small tensors, where a call for each tensor and operation costs
    /// most.</summary>
    public static void Print()
    {
        Report.Header("parameters", "rule", "threads", "torch.optim.Adam, ms", "BnnOptimizer, ms", "times as fast");
        foreach (var decay in new[] { 0, Decay })
        {
            Print("ResNet-18", Shapes(Models.ResNet18()), decay, stepsATurn: 1);
            Print("ReActNet-A", Shapes(Models.ReActNetA()), decay, stepsATurn: 1);
            // a step of ours is too short for one reading of the clock, and for the slices of time that a busy machine gives
            Print("200 tensors of 64", [.. Enumerable.Repeat(new long[] { 64 }, 200)], decay, stepsATurn: 100);
        }
    }

    private static List<long[]> Shapes(ModelDescription model) =>
        [.. TorchNetwork.Outline(model).Store.Parameters.Select(parameter => parameter.Tensor.Shape)];

    private static void Print(string name, List<long[]> shapes, double decay, int stepsATurn)
    {
        using var scope = NewDisposeScope();
        List<Parameter> Make() => [.. shapes.Select(shape => new Parameter(randn(shape) * 0.01) { grad = randn(shape) * 0.01 })];
        var (theirs, own) = (Make(), Make());
        using var torchs = optim.Adam(theirs, lr: LearningRate, weight_decay: decay);
        var adam = Rules.Adam().Then(Rules.Descend(LearningRate));
        // all are taken for binary weights, so that all flips are counted
        using var ours = new BnnOptimizer(decay == 0 ? adam : Rules.AddDecayedWeights(decay).Then(adam), [(own, ParameterGroup.BinaryWeights)]);
        var count = shapes.Sum(shape => shape.Aggregate(1L, (a, b) => a * b));
        foreach (var threads in ThreadCounts)
        {
            set_num_threads(threads);
            var times = Turns.Medians(Rounds, () => Repeat(stepsATurn, () => torchs.step()), () => Repeat(stepsATurn, () => ours.step()));
            Report.Row(
                FormattableString.Invariant($"{name}: {shapes.Count} tensors, {count:N0} numbers"), decay == 0 ? "Adam" : "weight decay, Adam", $"{threads}",
                Report.Number(times[0] / stepsATurn, 3), Report.Number(times[1] / stepsATurn, 3), Report.Number(times[0] / times[1], 1));
        }
    }

    private static void Repeat(int times, Action step)
    {
        for (var k = 0; k < times; k++)
        {
            using var scope = NewDisposeScope();
            step();
        }
    }
}
