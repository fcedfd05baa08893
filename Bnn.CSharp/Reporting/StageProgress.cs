using System.Globalization;
using Spectre.Console;

namespace Bnn;

/// <summary>How far the run is in its running stage, and the one line that shows it.</summary>
/// <param name="clock">The time.</param>
/// <param name="name">The stage's name.</param>
/// <param name="epochs">How many epochs the stage has.</param>
/// <param name="imagesPerEpoch">How many images an epoch has.</param>
/// <param name="before">How many epochs the stages before it have.</param>
/// <param name="after">How many epochs the stages after it have.</param>
internal sealed class StageProgress(TimeProvider clock, string name, int epochs, long imagesPerEpoch, int before = 0, int after = 0)
{
    // the shown speed forgets older batches within some seconds, so that it neither flickers nor lags
    private const double SpeedMemory = 5;

    // columns of the shortest bar
    private const int LeastBar = 5;

    private long epochStart = clock.GetTimestamp();
    private long lastBatch = clock.GetTimestamp();
    private int epochsDone;
    private long imagesDone;
    private double imagesPerSecond;
    private BatchMetrics? last;

    /// <summary>A batch has been trained on.</summary>
    public void Batch(BatchMetrics b)
    {
        var now = clock.GetTimestamp();
        var seconds = clock.GetElapsedTime(lastBatch, now).TotalSeconds;
        if (seconds > 0)
        {
            // the plain mean over the epoch until it is as long as the memory
            var memory = Math.Min(SpeedMemory, clock.GetElapsedTime(epochStart, now).TotalSeconds);
            var share = imagesPerSecond == 0 ? 1 : Math.Min(1, seconds / memory);
            imagesPerSecond += share * ((b.Images - imagesDone) / seconds - imagesPerSecond);
            imagesDone = b.Images;
            lastBatch = now;
        }

        last = b;
    }

    /// <summary>The epoch with this number, from 1, has ended.</summary>
    public void EpochEnded(int epoch)
    {
        epochsDone = epoch;
        imagesDone = 0;
        epochStart = lastBatch = clock.GetTimestamp();
    }

    /// <summary>The line, of at most <paramref name="width"/> columns.</summary>
    public Paragraph Line(int width, bool unicode)
    {
        if (epochsDone >= epochs)
        {
            return Cut([(PlainText.Line(name), Style.Plain), ("  measuring accuracy ...", Style.Plain)], width);
        }

        // of the whole run, as whoever waits for it wants to know
        var total = ((double)before + epochs + after) * imagesPerEpoch;
        var done = ((double)before + epochsDone) * imagesPerEpoch + imagesDone;
        var share = total > 0 ? Math.Clamp(done / total, 0, 1) : 0;
        var left = imagesPerSecond > 0 ? Show.Time((total - done) / imagesPerSecond) : "-:--";
        var head = string.Create(CultureInfo.InvariantCulture, $"{PlainText.Line(name)}  epoch {epochsDone + 1}/{epochs}  ");
        var shown = Figures(share, left).ToList();
        var narrow = shown.Select(item => item.Trim()).ToList();

        // where all does not fit, the bar stays before the percentage, which it shows too
        var tail = " " + string.Join("  ", shown);
        if (width - ConsoleText.Width(head) - tail.Length < LeastBar)
        {
            tail = " " + string.Join(' ', narrow.Skip(1));
        }

        var room = width - ConsoleText.Width(head) - tail.Length;
        if (room < LeastBar)
        {
            return Cut([(head, Style.Plain), (string.Join(' ', narrow), Style.Plain)], width);
        }

        var columns = Math.Min(room, 40);
        var full = (int)(share * columns);
        return Cut(
            [
                (head, Style.Plain),
                (new string(unicode ? '━' : '#', full), new Style(Color.Green)),
                (new string(unicode ? '─' : '-', columns - full), new Style(Color.Grey)),
                (tail, Style.Plain),
            ],
            width);
    }

    private IEnumerable<string> Figures(double share, string left)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(100 * share),3}%");
        yield return string.Create(CultureInfo.InvariantCulture, $"{imagesPerSecond,6:N0} img/s");
        yield return $"{left} left";
        yield return $"loss {Show.Loss(last?.Loss)}";
        if (last is { FlipFlopRatio: var ratio } && !double.IsNaN(ratio))
        {
            yield return $"FF {Show.Scientific(ratio)}";
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"wait {100 * (last?.DataWait ?? 0):F0}%");
    }

    // cut here and not by the console, which would go on in a second line that nothing erases
    private static Paragraph Cut(IEnumerable<(string Text, Style Style)> parts, int width)
    {
        var line = new Paragraph();
        foreach (var (text, style) in parts)
        {
            var shown = ConsoleText.Cut(text, width);
            width -= ConsoleText.Width(shown);
            line.Append(shown, style);
        }

        return line;
    }
}
