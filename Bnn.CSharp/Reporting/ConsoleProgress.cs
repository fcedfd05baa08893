using System.Globalization;
using Spectre.Console;

namespace Bnn;

/// <summary>
/// Shows a run on the console: a line for each epoch and a table at the end; on a terminal also one line that is drawn
/// over and over with the run's progress. No line is wider than the terminal; where output goes elsewhere each is whole.
/// </summary>
/// <remarks>
/// That line is drawn on the training thread between two batches, at most ten times a second, and the cursor is never
/// hidden: there is no second thread to stop and nothing to restore, however the run ends.
/// </remarks>
/// <param name="console">Where to show it.</param>
/// <param name="clock">The time; the system's where it is missing.</param>
internal sealed class ConsoleProgress(IAnsiConsole console, TimeProvider? clock = null) : ITrainingObserver
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider clock = clock ?? TimeProvider.System;

    private readonly bool live =
        console.Profile.Capabilities.Ansi && console.Profile.Capabilities.Interactive && console.Profile.Out.IsTerminal;

    private RunPlan? plan;
    private EpochLines lines = new([], Score.Top1);
    private StageProgress? stage;
    private long drawnAt;
    private bool drawn;

    // one column less than there are: a full line would make some terminals begin the next
    private int Width => console.Profile.Out.IsTerminal ? Math.Max(0, console.Profile.Width - 1) : int.MaxValue;

    /// <inheritdoc/>
    public void Started(RunPlan plan)
    {
        this.plan = plan;
        var model = plan.Model;
        Permanent(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Name}: {model.Parameters:N0} parameters, {model.BinaryWeights:N0} of them binary"));
        Permanent(string.Create(
            CultureInfo.InvariantCulture,
            $"recipe {plan.Recipe}, {plan.Threads} {(plan.Threads == 1 ? "thread" : "threads")}, seed {plan.Seed}"));
        lines = new EpochLines(plan.Stages, plan.Score, Width);
        Row(lines.Header);
    }

    /// <inheritdoc/>
    public void StageStarted(string stage, int index, int epochs, int epochsDone, long imagesPerEpoch)
    {
        var others = plan?.Stages ?? [];
        this.stage = new StageProgress(
            clock, stage, epochs, imagesPerEpoch, others.Take(index).Sum(other => other.Epochs), others.Skip(index + 1).Sum(other => other.Epochs));
        this.stage.EpochEnded(epochsDone);
        Draw();
    }

    /// <inheritdoc/>
    public void Note(string text) => Permanent(text);

    /// <inheritdoc/>
    public void Batch(BatchMetrics b)
    {
        if (!live || stage is null)
        {
            return;
        }

        stage.Batch(b);
        if (!drawn || clock.GetElapsedTime(drawnAt) >= Refresh)
        {
            Draw();
        }
    }

    /// <inheritdoc/>
    public void EpochEnded(EpochMetrics e)
    {
        // a terminal may have another width since
        if (plan is not null && new EpochLines(plan.Stages, plan.Score, Width) is var fitting && fitting.Width != lines.Width)
        {
            lines = fitting;
            Row(lines.Header);
        }

        Row(lines.Line(e));
        stage?.EpochEnded(e.Epoch);
        Draw();
    }

    /// <inheritdoc/>
    public void StageEnded(StageResult r)
    {
        stage = null;
        Clear();
    }

    /// <inheritdoc/>
    public void Ended(IReadOnlyList<StageResult> stages)
    {
        stage = null;
        Permanent("");
        Permanent(StageTable.Heading(stages));
        if (live && StageTable.Drawn(stages, console.Profile.Width) is { } table)
        {
            console.Write(table);
        }
        else
        {
            foreach (var line in StageTable.Plain(stages, Width))
            {
                Row(line);
            }
        }

        if (plan?.Folder is { } folder)
        {
            Permanent($"report {Path.Combine(folder, Report.FileName)}, network {Path.Combine(folder, BnnModelFile.FileName)}");
        }
    }

    /// <summary>Removes the progress line, so that what is written next, for instance the error, begins on an empty line.</summary>
    public void Failed(Exception e)
    {
        stage = null;
        Clear();
        if (e is BnnStoppedException && plan?.Folder is { } folder && File.Exists(Path.Combine(folder, Report.FileName)))
        {
            Permanent($"report so far {Path.Combine(folder, Report.FileName)}");
        }
    }

    private void Row(string line) => Permanent(ConsoleText.Cut(line, Width));

    // past the console's own layout, which would break a line at the width it assumes for a file
    private void Permanent(string line)
    {
        Clear();
        var writer = console.Profile.Out.Writer;
        foreach (var part in ConsoleText.Wrapped(PlainText.Lines(line), Width))
        {
            writer.WriteLine(part);
        }

        writer.Flush();
    }

    private void Draw()
    {
        if (!live || stage is null)
        {
            return;
        }

        drawnAt = clock.GetTimestamp();
        drawn = true;
        var line = stage.Line(Width, console.Profile.Capabilities.Unicode);
        console.Write(new ControlCode("\r"));
        console.Write(line);
        console.Write(new ControlCode("\e[K"));
        console.Profile.Out.Writer.Flush();
    }

    private void Clear()
    {
        if (drawn)
        {
            drawn = false;
            console.Write(new ControlCode("\r\e[K"));
            console.Profile.Out.Writer.Flush();
        }
    }
}
