using System.Diagnostics;
using Microsoft.FSharp.Collections;

namespace Bnn.Benchmarks;

/// <summary>What a checkpoint costs: copied, summed, written and flushed to the disk, for Adam on the default network and on ReActNet-A.</summary>
internal static class Checkpoints
{
    private const int Rounds = 7;

    /// <summary>Prints size and time of a checkpoint, and its share of a run that writes one every 5 minutes.</summary>
    public static void Print()
    {
        Report.Header("network", "checkpoint, MB", "writing it, ms, median", "share of 5 minutes, %");
        foreach (var model in new[] { Models.ReActNetSmall(), Models.ReActNetA() })
        {
            var folder = Directory.CreateTempSubdirectory("bnn-checkpoints").FullName;
            try
            {
                var times = Write(model, folder);
                var bytes = Directory.GetFiles(Path.Join(folder, "checkpoints"), "*.safetensors").Max(file => new FileInfo(file).Length);
                var median = times.Order().ElementAt(times.Count / 2);
                Report.Row(model.Name, Report.Number(bytes / 1e6, 1), Report.Number(median, 1), Report.Number(median / 300_000 * 100, 3));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static List<double> Write(ModelDescription model, string folder)
    {
        using var network = TorchNetwork.Create(model, 1);
        var rule = Rules.Adam().Then(Rules.Descend(1e-3));
        using var optimizer = new RuleOptimizer(rule, 10, network.Store.Groups);
        using var checkpoints = CheckpointFolder.Open(folder, [], new CheckpointPolicy(TimeSpan.Zero, 2, TimeProvider.System));
        var probe = new EpochProbe(network, 100, 0);
        return [.. Enumerable.Range(0, Rounds).Select(_ =>
        {
            var clock = Stopwatch.StartNew();
            var first = SignsModule.toBytes(SignsModule.pack(network.LatentWeightsCopy()));
            checkpoints.Write(new Checkpoint(
                new RunPosition(), NetworkTensors.Copy(network), [.. optimizer.Slots.Select(slot => TensorBytes.ToArray(slot.Key, slot.Value))], first, [])
            {
                Probe = probe.Save(),
            });
            return clock.Elapsed.TotalMilliseconds;
        })];
    }
}
