using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using Bnn.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace Bnn.Benchmarks;

/// <summary>One step of weight decay + Adam on ReActNet-A's 29,343,592 weights. The baseline is TorchSharp's torch.optim.Adam
/// on tensors of the network's shapes; ours also counts sign flips. `MoveBytes` reads and writes the same bytes and computes
/// next to nothing: the memory's limit.</summary>
public class OptimizerStep
{
    private readonly List<TorchSharp.Modules.Parameter> parameters = [];
    private Network network = null!;
    private RuleOptimizer ours = null!;
    private TorchSharp.Modules.Adam torchs = null!;
    private Tensor[] arrays = [];

    /// <summary>CPU threads.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Makes weights and gradients.</summary>
    [GlobalSetup]
    public void Setup()
    {
        set_num_threads(Threads);
        network = Network.Outline(Models.ReActNetA());
        arrays = [.. Enumerable.Range(0, 4).Select(_ => randn(network.Parameters) * 0.01)];
        var rule = OptimizerChoice.Default.Rule(5e-6);
        ours = new RuleOptimizer(rule, 1000, arrays[0], arrays[1]);
        foreach (var tensor in network.Store.All.Where(tensor => !tensor.Name.Contains("running") && !tensor.Name.Contains("batches")))
        {
            parameters.Add(new TorchSharp.Modules.Parameter(randn(tensor.Shape) * 0.01) { grad = randn(tensor.Shape) * 0.01 });
        }

        torchs = optim.Adam(parameters, lr: 1.25e-3, weight_decay: 5e-6);
    }

    /// <summary>TorchSharp's loop of torch operations.</summary>
    [Benchmark(Baseline = true)]
    public void TorchSharpAdam()
    {
        using var scope = NewDisposeScope();
        torchs.step();
    }

    /// <summary>The core's compiled loop: decay, Adam, descent and flip count in one pass.</summary>
    [Benchmark]
    public long CompiledRule() => ours.Step();

    /// <summary>Four arrays read, three of them written.</summary>
    [Benchmark]
    public void MoveBytes()
    {
        var (w, g, m, v) = (Memory.Of(arrays[0]), Memory.Of(arrays[1]), Memory.Of(arrays[2]), Memory.Of(arrays[3]));
        var strips = network.Parameters / 16;
        Parallel.For(0, Threads, thread => Move(w, g, m, v, strips * thread / Threads * 16, strips * (thread + 1) / Threads * 16));
    }

    private static unsafe void Move(nint w, nint g, nint m, nint v, long from, long to)
    {
        var tiny = Vector512.Create(1e-9f);
        for (var i = from; i < to; i += 16)
        {
            var x = Vector512.Load((float*)g + i) * tiny;
            Vector512.Store(Vector512.Load((float*)w + i) + x, (float*)w + i);
            Vector512.Store(Vector512.Load((float*)m + i) + x, (float*)m + i);
            Vector512.Store(Vector512.Load((float*)v + i) + x, (float*)v + i);
        }
    }
}
