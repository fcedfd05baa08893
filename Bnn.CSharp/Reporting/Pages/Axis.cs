using System.Globalization;

namespace Bnn;

/// <summary>A chart's axis: which numbers it covers, where they lie on it, and where its ticks are.</summary>
/// <param name="Low">Its first number.</param>
/// <param name="High">Its last number, above the first.</param>
/// <param name="IsLog">Whether equal ratios are equally far apart; then both are above 0.</param>
internal sealed record Axis(double Low, double High, bool IsLog)
{
    private const int MostTicks = 7;

    /// <summary>An axis that covers the finite numbers (on a logarithmic axis the positive ones) with some room; from 0 on where that costs
    /// little.</summary>
    public static Axis Over(IEnumerable<double> values, bool isLog)
    {
        var shown = values.Where(value => double.IsFinite(value) && (!isLog || value > 0)).ToList();
        if (shown.Count == 0)
        {
            return isLog ? new(0.1, 1, true) : new(0, 1, false);
        }

        var (least, most) = (shown.Min(), shown.Max());
        if (isLog)
        {
            return new(least / 1.4, most * 1.4, true);
        }

        var isFromZero = least >= 0 && least <= 0.6 * most;
        var room = 0.06 * (most > least ? most - least : Math.Abs(most));
        return new(
            isFromZero || (least == 0 && most == 0) ? 0 : least - room,
            room > 0 ? most + room : 1,
            false);
    }

    /// <summary>Where a number lies, 0 at the first and 1 at the last.</summary>
    public double Place(double value) =>
        IsLog ? Math.Log(value / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);

    /// <summary>Whether a number lies on it.</summary>
    public bool Holds(double value) => double.IsFinite(value) && (!IsLog || value > 0);

    /// <summary>Round numbers on the axis, few enough to be told apart.</summary>
    public IReadOnlyList<double> Ticks()
    {
        if (!IsLog)
        {
            var step = Step((High - Low) / (MostTicks - 1));
            return [.. Between(Math.Ceiling(Low / step), Math.Floor(High / step)).Select(k => k * step)];
        }

        var decades = Between(Math.Floor(Math.Log10(Low)), Math.Ceiling(Math.Log10(High)));
        int[][] choices = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]];
        foreach (var digits in choices)
        {
            var ticks = decades.SelectMany(k => digits.Select(digit => digit * Math.Pow(10, k))).Where(v => v >= Low && v <= High).ToList();
            if (ticks.Count <= MostTicks)
            {
                return ticks;
            }
        }

        var every = Math.Ceiling(decades.Count() / (double)MostTicks);
        return [.. decades.Where(k => k % every == 0).Select(k => Math.Pow(10, k)).Where(v => v >= Low && v <= High)];
    }

    /// <summary>A tick's label.</summary>
    public string Label(double tick)
    {
        // sums of steps are 0 only but for rounding
        var value = !IsLog && Math.Abs(tick) < 1e-9 * (High - Low) ? 0 : tick;
        return (IsLog ? value < 0.01 : value != 0 && Math.Abs(value) < 1e-3) || Math.Abs(value) >= 1e5
            ? value.ToString("0.##e-0", CultureInfo.InvariantCulture)
            : value.ToString("G4", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<double> Between(double first, double last) =>
        Enumerable.Range(0, Math.Max(0, (int)(last - first) + 1)).Select(k => first + k);

    /// <summary>1, 2 or 5 times a power of ten, at least this.</summary>
    private static double Step(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return power * new[] { 1, 2, 5, 10 }.First(digit => digit * power >= least * (1 - 1e-9));
    }
}
