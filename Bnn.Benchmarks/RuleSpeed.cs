using Microsoft.FSharp.Collections;
using static TorchSharp.torch;

namespace Bnn.Benchmarks;

/// <summary>One step of every optimizer of the catalogue on ReActNet-A's 29,343,592 weights, sign flips counted, against a loop that only
/// moves the step's bytes.</summary>
internal static class RuleSpeed
{
    private const int Iterations = 1000;
    private const int Rounds = 31;
    private const double LearningRate = 1e-3;
    private static readonly int[] ThreadCounts = [1, 2];

    /// <summary>Times the rules and prints a line for each.</summary>
    public static void Print()
    {
        Report.Header(
            "rule", "bytes a weight", "1 thread: step, ms", "moving the bytes, ms", "ratio",
            "2 threads: step, ms", "moving the bytes, ms", "ratio");
        foreach (var row in Catalogue.all)
        {
            var transform = row.Make.Invoke(FSharpList<Tuple<string, double>>.Empty).ResultValue;
            PrintRule(row.Name, transform.Then(Rules.Descend(Schedules.Linear(LearningRate))));
        }

        var adam = "weight decay, Adam";
        var handWritten = PrintRule(adam, OptimizerStep.PaperRule, withHandWritten: true);
        Console.WriteLine();
        Console.WriteLine(
            $"Moving the bytes of `{adam}` with a loop written by hand instead of an emitted one: "
            + string.Join(", ", ThreadCounts.Zip(handWritten, (threads, ms) => $"{Report.Number(ms)} ms on {threads} thread(s)")));
    }

    /// <summary>Prints the rule's line; gives the hand-written loop's times, where it is asked for.</summary>
    private static List<double> PrintRule(string name, Rule rule, bool withHandWritten = false)
    {
        using var scope = NewDisposeScope();
        var weights = TorchNetwork.Outline(Models.ReActNetA()).Parameters;
        var step = new CompiledPass(Optimizer.pass(rule));
        var mover = new CompiledPass(Mover(step.Pass));
        var arrays = step.Pass.Arrays.ToDictionary(array => array, _ => randn(weights).mul_(0.01));
        var layout = ChannelLayout.Flat(arrays["w"]);
        var time = 0;
        var numbers = Optimizer.startNumbers(ParameterGroup.BinaryWeights, rule).ToDictionary(number => number.Item1, number => number.Item2);
        var start = Optimizer.startPass(ParameterGroup.BinaryWeights, rule);
        if (start.Stores.Length > 0)
        {
            Run(new CompiledPass(start));
        }

        // the hand-written loop is for Adam's four arrays
        Action[] candidates = withHandWritten
            ? [Step, () => Run(mover), () => OptimizerStep.Move(arrays["w"], arrays["g"], arrays["m"], arrays["v"], get_num_threads())]
            : [Step, () => Run(mover)];
        var accesses = step.Pass.IsRead.Count(read => read) + step.Pass.Stores.Length;
        var cells = new List<string> { name, $"{accesses * sizeof(float)}" };
        var handWritten = new List<double>();
        foreach (var threads in ThreadCounts)
        {
            set_num_threads(threads);
            var times = Turns.Medians(Rounds, candidates);
            cells.AddRange([Report.Number(times[0]), Report.Number(times[1]), Report.Number(times[0] / times[1])]);
            handWritten.AddRange(times.Skip(2));
        }

        Report.Row([.. cells]);
        return handWritten;

        void Step()
        {
            time++;
            Run(step);
        }

        void Run(CompiledPass pass) => pass.Run(
            layout, arrays["w"], array => arrays[array], row => throw new InvalidOperationException(row),
            input => numbers.TryGetValue(input, out var number) ? number : Optimizer.once(Iterations, time, input));
    }

    /// <summary>A pass that moves the same bytes and computes next to nothing. Why it is a fair measure of the memory's limit: it reads
    /// each array that the rule reads once and stores each that the rule stores once, side by side in one loop over the weights; what it
    /// computes, an addition a stored array and one more an array that is only read (without which it would not be read at all), takes
    /// less time than their loads. It is emitted and split over threads like the rule, so the ratio compares only the formulas; that the
    /// emitted loop itself costs nothing is shown by the hand-written one that is timed beside it.</summary>
    private static Pass Mover(Pass pass)
    {
        var stored = pass.Stores.Select(k => pass.Arrays[k]).ToHashSet();
        var tiny = Expr.NewConst(1e-9);
        var onlyRead = pass.Arrays.Where((array, k) => pass.IsRead[k] && !stored.Contains(array)).Select(Array).ToList();
        var added = onlyRead.Count == 0 ? tiny : onlyRead.Aggregate((a, b) => a + b) * tiny;
        var stores = pass.Stores.Select(k =>
            Tuple.Create(pass.Arrays[k], pass.IsRead[k] ? Array(pass.Arrays[k]) + added : added));
        return PassModule.create(ListModule.OfSeq(stores), FSharpList<Expr>.Empty);

        static Expr Array(string name) => Expr.NewInput(name, Extent.PerWeight);
    }
}
