using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>Settings in which nothing is wrong, and what a run that saves is known by.</summary>
internal sealed record CheckedSettings(TrainerSettings Settings, TrainingPlan Plan, JsonObject? Identity)
{
    /// <summary>The schedules that change nothing, in sentences.</summary>
    public IEnumerable<string> IdleSchedules()
    {
        var stages = Settings.Recipe.Stages.Where(stage => stage.Schedule is not null).Select(stage => stage.Name).ToList();
        if (Plan.Optimizer.Own is not null)
        {
            return [
                .. Settings.Schedule is null ? Array.Empty<string>() : ["WithSchedule has no effect: a rule of your own has the schedule of its descent"],
                .. stages.Select(name => $"{name}: its schedule has no effect: a rule of your own has the schedule of its descent"),
            ];
        }

        return Settings.Schedule is not null && stages.Count == Settings.Recipe.Stages.Length
            ? ["WithSchedule has no effect: every stage has a schedule of its own"]
            : [];
    }
}
