namespace Bnn;

/// <summary>The numbers that a chart's axis covers, so that two charts may have the same and a chart keeps them while its numbers change.</summary>
/// <param name="Low">Its first number.</param>
/// <param name="High">Its last number, above the first.</param>
/// <param name="IsLog">Whether equal ratios are equally far apart; then both are above 0.</param>
internal sealed record Axis(double Low, double High, bool IsLog)
{
    private const int MostTicks = 8;

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
            // wide enough to hold 1, 2 or 5 times a power of ten
            return new(least / 1.6, most * 1.6, true);
        }

        var isFromZero = least >= 0 && least <= 0.6 * most;
        var room = 0.06 * (most > least ? most - least : Math.Abs(most));
        return new(
            isFromZero || (least == 0 && most == 0) ? 0 : least - room,
            room > 0 ? most + room : 1,
            false);
    }

    /// <summary>Whether a number lies on it.</summary>
    public bool Holds(double value) => double.IsFinite(value) && (!IsLog || value > 0);

    /// <summary>How far whole numbers from 1 on are apart that are named: 1, 2 or 5 times a power of ten.</summary>
    public static int Step(int count)
    {
        var power = 1;
        while (count > 10 * power * MostTicks)
        {
            power *= 10;
        }

        return power * new[] { 1, 2, 5, 10 }.First(digit => count <= digit * power * MostTicks);
    }
}
