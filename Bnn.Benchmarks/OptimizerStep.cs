using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace Bnn.Benchmarks;

/// <summary>One step of weight decay + Adam on ReActNet-A's 29,343,592 weights, ours with sign flips counted. The baseline is
/// TorchSharp's torch.optim.Adam on one flat tensor, as ours; `OnNetworkTensors` is the same on tensors of the network's
/// shapes, of which the smaller ones stay in the cache between its operations. `MoveBytes` reads and writes the same bytes and computes
/// next to nothing: the memory's limit.</summary>
public class OptimizerStep
{
    private readonly List<TorchSharp.Modules.Parameter> parameters = [];
    private TorchNetwork network = null!;
    private CompiledPass ours = null!;
    private TorchSharp.Modules.Adam onFlat = null!;
    private TorchSharp.Modules.Adam onNetworkTensors = null!;
    private Dictionary<string, Tensor> arrays = [];

    /// <summary>The paper's rule in step 1: coupled decay of the convolutions, Adam, a rate that falls to 0.</summary>
    internal static Rule PaperRule =>
        OptimizerChoice.Default.Rule(RecipeModule.oneStep(RecipeModule.defaults).Stages.Head);

    /// <summary>CPU threads.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Makes weights and gradients.</summary>
    [GlobalSetup]
    public void Setup()
    {
        set_num_threads(Threads);
        network = TorchNetwork.Outline(Models.ReActNetA());
        ours = new CompiledPass(Optimizer.pass(PaperRule));
        arrays = ours.Pass.Arrays.ToDictionary(name => name, _ => (randn(network.Parameters) * 0.01).abs());
        foreach (var tensor in network.Store.All.Where(tensor => !tensor.Name.Contains("running") && !tensor.Name.Contains("batches")))
        {
            parameters.Add(new TorchSharp.Modules.Parameter(randn(tensor.Shape) * 0.01) { grad = randn(tensor.Shape) * 0.01 });
        }

        onNetworkTensors = optim.Adam(parameters, lr: 1.25e-3, weight_decay: 5e-6);
        var flat = new TorchSharp.Modules.Parameter(randn(network.Parameters) * 0.01) { grad = randn(network.Parameters) * 0.01 };
        onFlat = optim.Adam([flat], lr: 1.25e-3, weight_decay: 5e-6);
    }

    /// <summary>TorchSharp's loop of torch operations on one flat tensor.</summary>
    [Benchmark(Baseline = true)]
    public void TorchSharpAdam()
    {
        using var scope = NewDisposeScope();
        onFlat.step();
    }

    /// <summary>The same on tensors of the network's shapes.</summary>
    [Benchmark]
    public void OnNetworkTensors()
    {
        using var scope = NewDisposeScope();
        onNetworkTensors.step();
    }

    /// <summary>The core's compiled loop: decay, Adam, descent and flip count in one pass.</summary>
    [Benchmark]
    public double CompiledRule() => ours.Run(
        ChannelLayout.Flat(arrays["w"]), arrays["w"], name => arrays[name], name => throw new InvalidOperationException(name),
        name => Optimizer.once(1000, 10, name))[0];

    /// <summary>The same four arrays read, three of them written.</summary>
    [Benchmark]
    public void MoveBytes() => Move(arrays["w"], arrays["g"], arrays["m"], arrays["v"], Threads);

    /// <summary>Takes turns between `CompiledRule` and `MoveBytes` on the same memory and prints the ratio of the medians:
    /// where the arrays happen to lie matters more than what is computed, and each benchmark above has its own arrays.</summary>
    public static void PrintShareOfMemoryLimit()
    {
        foreach (var threads in new[] { 1, 2 })
        {
            var step = new OptimizerStep { Threads = threads };
            step.Setup();
            var times = Turns.Medians(41, () => step.CompiledRule(), step.MoveBytes);
            Console.WriteLine(FormattableString.Invariant(
                $"{threads} threads: compiled rule {times[0]:F2} ms, moving the same bytes {times[1]:F2} ms, ratio {times[0] / times[1]:F3}"));
        }
    }

    /// <summary>Reads four arrays and writes three of them, in one loop.</summary>
    internal static void Move(Tensor w, Tensor g, Tensor m, Tensor v, int threads)
    {
        var (atW, atG, atM, atV) = (Memory.Of(w), Memory.Of(g), Memory.Of(m), Memory.Of(v));
        var strips = w.numel() / 16;
        Parallel.For(0, threads, thread => Move(atW, atG, atM, atV, strips * thread / threads * 16, strips * (thread + 1) / threads * 16));
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
