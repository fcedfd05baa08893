using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace Bnn.Benchmarks;

/// <summary>Forward and backward pass of a layer, in one way of doing it.</summary>
/// <param name="Name">What the table says of it.</param>
/// <param name="Run">The output and the gradients of the input and of each learned number.</param>
internal sealed record LayerCandidate(string Name, Func<Tensor[]> Run);

/// <summary>Shifted sign and shifted PReLU, forward and backward, on activations of ReActNet's size, against torch calls: the composition
/// that the paper's code differentiates automatically, and the fewest operations in place with a backward pass written by hand. libgomp
/// takes OMP_WAIT_POLICY when it is loaded, so every policy has a process of its own.</summary>
internal static class Layers
{
    /// <summary>The argument that makes the program measure under the policy it was started with.</summary>
    public const string ChildCommand = "layers-of-one-policy";

    private const string Variable = "OMP_WAIT_POLICY";
    private const string LibrarysOwn = "the library's";
    private const int Rounds = 7;

    // the policies take turns too, so that a machine that slows down does not slow one of them
    private const int Processes = 3;
    private static readonly int[] ThreadCounts = [1, 2];

    // Measured: memory is as a candidate leaves it from its third run on. In a training a layer finds its input between the two states.
    private static readonly (string Name, int Settle)[] CacheStates =
        [("repeated: each finds memory as its own last runs left it", 5), ("in turns: each finds memory as the others left it", 0)];

    /// <summary>Measures each number of threads under each policy and prints the times and the ratios.</summary>
    public static void Print()
    {
        foreach (var (threads, (state, settle)) in ThreadCounts.SelectMany(threads => CacheStates.Select(state => (threads, state))))
        {
            // one thread waits for no other, so the policy changes nothing
            string[] policies = threads == 1 ? [LibrarysOwn] : [LibrarysOwn, "active", "passive"];
            var runs = Enumerable.Range(0, Processes).SelectMany(_ => policies.Select(policy => (Policy: policy, Times: MeasureInChild(policy, threads, settle))));
            var times = runs.ToLookup(run => run.Policy, run => run.Times).ToDictionary(policy => policy.Key, policy => Medians([.. policy]));
            Console.WriteLine();
            Report.Header(
                [$"forward + backward, {threads} thread(s), ms; {state}", .. policies.Select(policy => $"policy: {policy}"), "times as long as ours"]);
            foreach (var layer in times[LibrarysOwn].GroupBy(time => time.Name.Split(':')[0]))
            {
                // ours runs as its users run it; what it is compared with gets the policy that suits it best
                var ours = layer.First();
                foreach (var (name, milliseconds) in layer)
                {
                    var all = policies.Select(policy => times[policy].Single(time => time.Name == name).Milliseconds).ToList();
                    var best = name == ours.Name ? milliseconds : all.Min();
                    Report.Row([name, .. all.Select(ms => Report.Number(ms)), Report.Number(best / ours.Milliseconds, 1)]);
                }
            }
        }
    }

    private static List<(string Name, double Milliseconds)> Medians(List<List<(string Name, double Milliseconds)>> runs) =>
        [.. runs[0].Select((time, k) => (time.Name, runs.Select(run => run[k].Milliseconds).Order().ElementAt(runs.Count / 2)))];

    /// <summary>Times all candidates in this process and writes a line for each: its name, a tab, milliseconds.</summary>
    public static void MeasureHere(int threads, int settle)
    {
        set_num_threads(threads);
        foreach (var candidates in new[] { LayerCandidates.ShiftedSign(), LayerCandidates.ShiftedPRelu() })
        {
            RequireSameResults(candidates);
            var times = Turns.Medians(Rounds, settle, [.. candidates.Select(candidate => (Action)(() => RunOnce(candidate)))]);
            foreach (var (candidate, ms) in candidates.Zip(times))
            {
                Console.WriteLine(FormattableString.Invariant($"{candidate.Name}\t{ms:R}"));
            }
        }
    }

    private static void RunOnce(LayerCandidate candidate)
    {
        using var scope = NewDisposeScope();
        _ = candidate.Run();
    }

    /// <summary>Times of different computations are not to be compared. Means are, not single numbers: torch's sign is 0 at 0 where ours is
    /// +1, which meets one of some millions of numbers.</summary>
    private static void RequireSameResults(IReadOnlyList<LayerCandidate> candidates)
    {
        using var scope = NewDisposeScope();
        var expected = candidates[0].Run();
        foreach (var candidate in candidates.Skip(1))
        {
            foreach (var (a, b) in expected.Zip(candidate.Run()))
            {
                var (size, difference) = (a.abs().mean().item<float>(), (a.flatten() - b.flatten()).abs().mean().item<float>());
                if (!(difference <= 1e-5 * size))
                {
                    throw new InvalidOperationException(
                        $"{candidate.Name} differs from {candidates[0].Name} by {difference} in the mean, where numbers are of the size {size}");
                }
            }
        }
    }

    private static List<(string Name, double Milliseconds)> MeasureInChild(string policy, int threads, int settle)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is not known");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Layers).Assembly.Location);
        }

        start.ArgumentList.Add(ChildCommand);
        start.ArgumentList.Add($"{threads}");
        start.ArgumentList.Add($"{settle}");

        // this process has the library's settings already, and a child would inherit them as the user's own
        start.Environment.Remove(Variable);
        start.Environment.Remove("GOMP_SPINCOUNT");
        if (policy != LibrarysOwn)
        {
            start.Environment[Variable] = policy;
        }

        using var child = Process.Start(start)!;
        var lines = child.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        child.WaitForExit();
        return child.ExitCode == 0
            ? [.. lines.Select(line => line.Split('\t')).Select(cells => (cells[0], double.Parse(cells[1], CultureInfo.InvariantCulture)))]
            : throw new InvalidOperationException($"measuring under the policy {policy} ended with exit code {child.ExitCode}");
    }
}
