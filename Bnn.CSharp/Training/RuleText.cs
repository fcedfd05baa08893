
namespace Bnn;

/// <summary>The update rules of a stage as formulas.</summary>
internal static class RuleText
{
    /// <summary>Each rule as lines of text, with the parameter groups that it updates and how many numbers these have.</summary>
    public static IReadOnlyList<(string Groups, IReadOnlyList<string> Formulas)> Of(TrainingPlan plan, Stage stage)
    {
        var network = TorchNetwork.Outline(plan.Model);
        var rule = plan.Optimizer.Rule(stage);
        return
        [
            .. ParameterGroupModule.all.Where(group => network.Store.Count(group) > 0)
                .GroupBy(group => Print.text(RuleModule.specialize(group, rule)))
                .Select(rules => (
                    string.Join(", ", rules.Select(group => FormattableString.Invariant($"{ParameterGroupModule.inWords(group)} ({network.Store.Count(group):N0})"))),
                    (IReadOnlyList<string>)rules.Key.Split('\n'))),
        ];
    }
}
