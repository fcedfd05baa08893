using System.Globalization;
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
if (args is [Layers.ChildCommand, var threads, var settle])
{
    Layers.MeasureHere(int.Parse(threads, CultureInfo.InvariantCulture), int.Parse(settle, CultureInfo.InvariantCulture));
    return;
}

Console.WriteLine($"OMP_WAIT_POLICY: {RuntimeSettings.WaitPolicy()}; processors: {Environment.ProcessorCount}");
Action? print = args switch
{
    ["memory-limit"] => OptimizerStep.PrintShareOfMemoryLimit,
    ["rules"] => RuleSpeed.Print,
    ["optimizer"] => OptimizerInTorch.Print,
    ["layers"] => Layers.Print,
    ["memory"] => Footprint.Print,
    ["checkpoints"] => Checkpoints.Print,
    ["cost"] => RunCost.Print,
    ["data"] => () => DataFeed.Print(null),
    ["data", var cifar] => () => DataFeed.Print(cifar),
    _ => null,
};
if (print is not null)
{
    Report.Machine();
    Console.WriteLine();
    print();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(OptimizerStep).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
