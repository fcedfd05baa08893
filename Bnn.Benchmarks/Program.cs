using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Bnn.Benchmarks;

// Measured in this process: libtorch, its threads and its environment are then the same for every candidate.
var config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(10)
        .WithInvocationCount(4).WithUnrollFactor(1))
    .AddColumn(StatisticColumn.Min)
    .WithOptions(ConfigOptions.DisableLogFile);
Console.WriteLine($"OMP_WAIT_POLICY: {RuntimeSettings.WaitPolicy()}; processors: {Environment.ProcessorCount}");
if (args is ["memory-limit"])
{
    OptimizerStep.PrintShareOfMemoryLimit();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(OptimizerStep).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
