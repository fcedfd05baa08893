using System.Globalization;
using Spectre.Console;

namespace Bnn;

/// <summary>
/// Shows a run on the console: a line for each epoch and a table at the end; on a terminal also one line that is drawn
/// over and over with the running stage's progress.
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

    private EpochLines lines = new([], Score.Top1);
    private StageProgress? stage;
    private long drawnAt;
    private bool drawn;

    /// <inheritdoc/>
    public void Started(RunPlan plan)
    {
        var model = plan.Model;
        Permanent(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Name}: {model.Parameters:N0} parameters, {model.BinaryWeights:N0} of them binary"));
        Permanent(string.Create(
            CultureInfo.InvariantCulture,
            $"recipe {plan.Recipe}, {plan.Threads} {(plan.Threads == 1 ? "thread" : "threads")}, seed {plan.Seed}"));
        lines = new EpochLines(plan.Stages, plan.Score);
        Permanent(lines.Header);
    }

    /// <inheritdoc/>
    public void StageStarted(string stage, int index, int epochs, int epochsDone, long imagesPerEpoch)
    {
        this.stage = new StageProgress(clock, stage, epochs, imagesPerEpoch);
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
        Permanent(lines.Line(e));
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
            foreach (var line in StageTable.Plain(stages))
            {
                Permanent(line);
            }
        }
    }

    /// <summary>Removes the progress line, so that what is written next, for instance the error, begins on an empty line.</summary>
    public void Failed(Exception e)
    {
        stage = null;
        Clear();
    }

    // past the console's own layout, which would break a line at the width it assumes for a file
    private void Permanent(string line)
    {
        Clear();
        var writer = console.Profile.Out.Writer;
        writer.WriteLine(line);
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

        // one column less than there are: a full line would make some terminals begin the next
        var line = stage.Line(console.Profile.Width - 1, console.Profile.Capabilities.Unicode);
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
