using System.Globalization;

namespace Bnn;

/// <summary>Numbers as a reader of the console gets them: always with a decimal point, <c>-</c> for what does not exist.</summary>
internal static class Show
{
    private const string Missing = "-";

    /// <summary>A loss: four decimals, or an exponent where these would not fit. NaN is a loss too: that of a run that diverged.</summary>
    public static string Loss(double? value) => value switch
    {
        null => Missing,
        double.NaN => "NaN",
        _ when Math.Abs(value.Value) >= 1000 => Scientific(value.Value),
        _ => Fixed(value.Value, 4),
    };

    /// <summary>A share, 0..1, in percent and with the sign.</summary>
    public static string Percent(double share) => double.IsNaN(share) ? Missing : $"{Percent(share, 2)} %";

    /// <summary>Decibels with their unit.</summary>
    public static string Decibels(double value) => double.IsNaN(value) ? Missing : $"{Fixed(value, 2)} dB";

    /// <summary>A share, 0..1, in percent and without the sign.</summary>
    public static string Percent(double share, int decimals) =>
        Fixed(Math.Round(100 * share, 10), decimals); // the product alone may be a bit off a half, which is then rounded the other way

    /// <summary>Two digits and an exponent, as in <c>2.7e-3</c>.</summary>
    public static string Scientific(double value) =>
        double.IsNaN(value) ? Missing
        : value == 0 ? "0"
        : value.ToString("0.0e-0", CultureInfo.InvariantCulture);

    /// <summary>A fixed number of decimals.</summary>
    public static string Fixed(double value, int decimals) =>
        double.IsNaN(value) ? Missing : value.ToString($"F{decimals}", CultureInfo.InvariantCulture);

    /// <summary>Minutes and seconds, from one hour on also hours: <c>1:05</c>, <c>12:00:05</c>.</summary>
    public static string Time(double seconds)
    {
        // also NaN; and a time of more than a year is the guess of a first batch
        if (!(seconds is >= 0 and < 365.0 * 24 * 3600))
        {
            return Missing;
        }

        var whole = (long)Math.Round(seconds);
        return whole < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{whole / 60}:{whole % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 3600}:{whole / 60 % 60:00}:{whole % 60:00}");
    }
}
