using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Environments;

namespace Bnn.Benchmarks;

/// <summary>Medians of candidates that take turns, for what BenchmarkDotNet's one candidate after the other cannot compare: work on the
/// same memory, and ratios on a machine whose speed drifts.</summary>
internal static class Turns
{
    /// <summary>The median of each candidate's times, in milliseconds. Every other round runs backwards, so that no candidate always finds
    /// the cache as the same other one leaves it.</summary>
    /// <param name="rounds">Measured rounds; two more come first and do not count.</param>
    /// <param name="candidates">What to time.</param>
    public static double[] Medians(int rounds, params Action[] candidates) => Medians(rounds, settle: 0, candidates);

    /// <summary>The same.</summary>
    /// <param name="rounds">Measured rounds; two more come first and do not count.</param>
    /// <param name="settle">In each turn the candidate runs so often before the run that counts: for candidates that allocate, so that each
    /// finds memory and caches as it left them itself. 0: it finds them as the other candidates left them.</param>
    /// <param name="candidates">What to time.</param>
    public static double[] Medians(int rounds, int settle, params Action[] candidates)
    {
        const int warmUp = 2;
        var times = candidates.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < warmUp + rounds; round++)
        {
            for (var turn = 0; turn < candidates.Length; turn++)
            {
                var k = round % 2 == 0 ? turn : candidates.Length - 1 - turn;
                for (var run = 0; run < settle; run++)
                {
                    candidates[k]();
                }

                var clock = Stopwatch.StartNew();
                candidates[k]();
                if (round >= warmUp)
                {
                    times[k].Add(clock.Elapsed.TotalMilliseconds);
                }
            }
        }

        return [.. times.Select(values => values.Order().ElementAt(values.Count / 2))];
    }
}

/// <summary>Markdown on the console.</summary>
internal static class Report
{
    /// <summary>The machine, and how busy it is: figures of a busy one are worth nothing.</summary>
    public static void Machine()
    {
        foreach (var line in HostEnvironmentInfo.GetCurrent().ToFormattedString())
        {
            Console.WriteLine(line);
        }

        // glibc's own settings, which a child gets too: whether freed memory goes back to the system decides how much of a time is page faults
        Console.WriteLine($"GLIBC_TUNABLES: {Environment.GetEnvironmentVariable("GLIBC_TUNABLES") ?? "not set"}");
        if (File.Exists("/proc/loadavg"))
        {
            Console.WriteLine($"Load average over 1, 5 and 15 minutes: {string.Join(", ", File.ReadAllText("/proc/loadavg").Split(' ').Take(3))}");
        }
    }

    /// <summary>A table's first two lines: the first column is text, the others are numbers.</summary>
    public static void Header(params string[] columns)
    {
        Row(columns);
        Console.WriteLine("|---|" + string.Concat(columns.Skip(1).Select(_ => "---:|")));
    }

    /// <summary>One line of a table.</summary>
    public static void Row(params string[] cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    /// <summary>A number with so many decimals.</summary>
    public static string Number(double value, int decimals = 2) => value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
}
