using System.Text.Json;

namespace Bnn;

/// <summary>A setting that two runs do not have alike.</summary>
/// <param name="Setting">What it is called.</param>
/// <param name="Left">What the run on the left has.</param>
/// <param name="Right">What the run on the right has.</param>
internal sealed record RecipeDifference(string Setting, string Left, string Right);

/// <summary>How the settings of two runs differ: of everything that result.json has of a recipe, what is not the same.</summary>
internal static class RecipeDifferences
{
    /// <summary>What a run lacks that the other has.</summary>
    public const string Missing = "-";

    // of the layers of two networks of one name; more would hide the rest
    private const int MostOfNetwork = 12;

    // what has a row of its own, made of several members
    private static readonly string[] Told = [RecipeJson.Start, "stages", "rules"];

    /// <summary>The differences in the order of the recipe; none where all settings are the same.</summary>
    public static IReadOnlyList<RecipeDifference> Of(SavedRun left, SavedRun right)
    {
        var network = Network(left, right);
        var settings = Differing(Settings(left), Settings(right));

        // rules follow from the rest, but for those of a user's own, of which nothing else is told
        var isToldOfRules = settings.Any(row =>
            row.Setting.StartsWith("optimizer", StringComparison.Ordinal) || row.Setting.StartsWith("stage", StringComparison.Ordinal));
        return [.. network, .. settings, .. isToldOfRules ? [] : Rules(left, right)];
    }

    private static List<RecipeDifference> Differing(List<(string Name, string Value)> left, List<(string Name, string Value)> right)
    {
        var (mine, its) = (Values(left), Values(right));
        return
        [
            .. left.Concat(right).Select(setting => setting.Name).Distinct()
                .Select(name => new RecipeDifference(name, mine.GetValueOrDefault(name, Missing), its.GetValueOrDefault(name, Missing)))
                .Where(row => row.Left != row.Right),
        ];
    }

    // a name that is there twice is that of two members which differ in capitals alone
    private static Dictionary<string, string> Values(List<(string Name, string Value)> settings) =>
        settings.GroupBy(setting => setting.Name).ToDictionary(group => group.Key, group => string.Join(", ", group.Select(setting => setting.Value)));

    /// <summary>Where two networks differ: by name and size, and where these are the same by what they are made of.</summary>
    private static List<RecipeDifference> Network(SavedRun left, SavedRun right)
    {
        var (mine, its) = (RecipeWords.Network(left.Model), RecipeWords.Network(right.Model));
        if (mine != its || left.Network is not { } network || right.Network is not { } other)
        {
            return mine == its ? [] : [new("network", mine, its)];
        }

        var parts = Differing([.. Flat("network", network)], [.. Flat("network", other)]);
        return parts.Count <= MostOfNetwork ? parts
            : [.. parts.Take(MostOfNetwork), new("network: other parts that differ", $"{parts.Count - MostOfNetwork}", $"{parts.Count - MostOfNetwork}")];
    }

    private static List<(string Name, string Value)> Settings(SavedRun run)
    {
        var stages = run.Recipe["stages"].Items();
        return
        [
            .. run.Recipe.Entries().Where(entry => !Told.Contains(entry.Key)).SelectMany(entry => Flat(RecipeWords.Spaced(entry.Key), entry.Value)),
            ("start", RecipeWords.Start(run.Recipe) ?? "drawn weights"),
            ("stages", string.Join(", ", stages.Select(stage => stage["name"].Text))),
            .. stages.SelectMany((stage, k) => Flat(FormattableString.Invariant($"stage {k + 1}"), stage)),
            ("seed", FormattableString.Invariant($"{run.Seed}")),
            .. run.Threads == 0 ? Array.Empty<(string, string)>() : [("CPU threads", FormattableString.Invariant($"{run.Threads}"))],
        ];
    }

    /// <summary>The values below one, each by its way there: <c>optimizer: learning rate</c>. A list of numbers or names is one value.</summary>
    private static IEnumerable<(string Name, string Value)> Flat(string name, JsonPart value) => value.Kind switch
    {
        JsonValueKind.Object => value.Entries().SelectMany(entry => Flat(
            $"{name}{(name.Contains(':', StringComparison.Ordinal) ? ", " : ": ")}{RecipeWords.Spaced(entry.Key)}", entry.Value)),
        JsonValueKind.Array when value.Items().Any(item => item.Kind == JsonValueKind.Object) => value.Items().SelectMany((item, k) =>
            Flat(FormattableString.Invariant($"{name} {k + 1}"), item)),
        JsonValueKind.Array => [(name, value.Items() is { Count: > 0 } items ? string.Join(", ", items.Select(item => item.Shown)) : Missing)],
        JsonValueKind.Null => [(name, Missing)],
        JsonValueKind.Number => [(name, RecipeWords.Number(value))],
        JsonValueKind.True => [(name, "yes")],
        JsonValueKind.False => [(name, "no")],
        _ => [(name, value.Shown)],
    };

    private static IEnumerable<RecipeDifference> Rules(SavedRun left, SavedRun right) =>
        RecipeWords.Rules(left).Zip(RecipeWords.Rules(right))
            .Select(pair => new RecipeDifference($"update rule of {pair.First.Stage}", Lines(pair.First.Rules), Lines(pair.Second.Rules)))
            .Where(row => row.Left != row.Right);

    private static string Lines(IEnumerable<(string Groups, string Formulas)> rules) =>
        string.Join('\n', rules.Select(rule => $"{rule.Groups}:\n{rule.Formulas}"));
}
