using ScottPlot;
using SkiaSharp;

namespace Bnn;

/// <summary>
/// The font of every chart, out of the library itself: on a machine without fonts ScottPlot draws no text at all, and says
/// nothing; and so a chart looks the same on every machine.
/// </summary>
internal sealed class ChartFont : IFontResolver
{
    /// <summary>The name to give to ScottPlot. Of our own, so that nobody else's charts change.</summary>
    public const string Name = "Bnn DejaVu Sans";

    private const string Resource = "DejaVuSans-subset.ttf";

    private static readonly Lock Gate = new();

    private static bool registered;

    /// <summary>Makes the font known to ScottPlot.</summary>
    public static void Register()
    {
        lock (Gate)
        {
            if (!registered)
            {
                Fonts.FontResolvers.Add(new ChartFont());
                registered = true;
            }
        }
    }

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing)
    {
        if (fontName != Name)
        {
            return null;
        }

        using var stream = typeof(ChartFont).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the assembly lacks its resource {Resource}");
        return SKTypeface.FromStream(stream);
    }

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        CreateTypeface(fontName, FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);
}
