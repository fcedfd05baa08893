using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>What makes two runs the same one: network, seed, recipe, data, the teacher's weights and those that were given, whatever files they came from. Threads and devices do not, nor
/// what something is called. Each checkpoint has it, and the file <c>recipe.json</c> beside them.</summary>
internal static class RunIdentity
{
    /// <summary>The file's name.</summary>
    public const string FileName = "recipe.json";

    private const string FileChecksum = "sha256";
    private const string Data = "data";
    private const string Updates = "updates";
    private const string Nothing = "nothing";

    /// <summary>What to do where a folder holds another run, as the end of a sentence on what is allowed.</summary>
    public const string Elsewhere = "another folder, or StartingOver() to delete that run";

    // names that differ in trainings that are the same; what they stand for is in the identity too: layers, rules, bytes
    private static readonly string[] Labels = ["model.name", "recipe.name", "recipe.data", "recipe.optimizer.", "recipe.deviations"];

    // of these, what says in short which the other differences are
    private static readonly string[] Telling = ["recipe.optimizer.", "recipe.deviations"];

    // what a formula is made of stays as it is: + and <
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A plan's. Reads the data, or asks for their files' sizes and times.</summary>
    /// <exception cref="BnnFileException">A file of the data is missing or cannot be read.</exception>
    /// <exception cref="BnnTrainingException">Data that are a user's code have thrown.</exception>
    public static JsonObject Of(TrainingPlan plan)
    {
        var recipe = RecipeJson.Of(plan);
        recipe.Remove(RecipeJson.Start);
        var identity = new JsonObject
        {
            ["seed"] = plan.Seed,
            ["model"] = NetworkJson.node(plan.Model),
            ["recipe"] = recipe,
            [Data] = new JsonObject
            {
                ["train"] = Json(plan.Data.Train.Identity()),
                ["test"] = Json(plan.Data.Test.Identity()),
                ["classes"] = InWords(plan.Data.Train.Classes),
            },
            // with the slots' first values, which the formulas of a step do not show
            [Updates] = new JsonArray([.. plan.Recipe.Stages.Select(stage => (JsonNode)Checksum.Of(ValueJson.ofRule(plan.Optimizer.Rule(stage))))]),
        };
        if (plan.Loss.Objective.LearnsFrom is { } teacher)
        {
            identity["teacher"] = new JsonObject { ["sha256"] = teacher.Sha256() };
        }

        if (plan.Start is not null)
        {
            identity[RecipeJson.Start] = new JsonObject { ["sha256"] = plan.Start.Report.Sha256 };
        }

        return identity;
    }

    /// <summary>A plan's; null, and a fault, where its data or its teacher cannot be read.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="data">What its data are called.</param>
    /// <param name="faults">Takes what is wrong.</param>
    public static JsonObject? Of(TrainingPlan plan, string data, List<Fault> faults)
    {
        try
        {
            return Of(plan);
        }
        catch (BnnFileException e)
        {
            faults.Add(new Fault($"data {data}", $"{e.Path}: {e.Problem}", e.Remedy));
        }
        catch (BnnTrainingException e)
        {
            faults.Add(new Fault($"data {data}", e.Message, "a source that gives all of its examples"));
        }
        catch (InvalidOperationException) when (plan.Loss.Objective.LearnsFrom is not null)
        {
            faults.Add(new Fault("teacher", "a network that was disposed of", "a network that is there until the training ends"));
        }

        return null;
    }

    /// <summary>What differs from another run's, one fault a value; none where the two are one training, whatever things are called.</summary>
    /// <param name="own">This run's.</param>
    /// <param name="found">The other's.</param>
    /// <param name="whose">What the other's was found in.</param>
    public static IReadOnlyList<Fault> Differences(JsonObject own, JsonObject found, string whose)
    {
        var (mine, its) = (Flattened(own), Flattened(found));
        var names = mine.Keys.Union(its.Keys).Where(name => mine.GetValueOrDefault(name) != its.GetValueOrDefault(name)).ToList();
        if (names.TrueForAll(name => IsLabel(name, mine)))
        {
            return [];
        }

        names.RemoveAll(name => IsLabel(name, mine) && !IsOf(Telling, name));
        // a changed option is shown as itself; its rule's checksum says no more
        var shown = names.Where(name => !IsOf([Updates + "["], name)).ToList();
        return [.. (shown.Exists(name => !IsLabel(name, mine)) ? shown : names)
            .GroupBy(Named).Select(same => Difference(same.Key, [.. same], mine, its, whose))];
    }

    /// <summary>What differs, in a few words: <c>seed, recipe.batch</c>.</summary>
    public static string InWords(IReadOnlyList<Fault> differences) =>
        string.Join(", ", differences.Take(3).Select(fault => fault.Name)) + (differences.Count > 3 ? $" and {differences.Count - 3} more" : "");

    /// <summary>Leaves the identity in a folder.</summary>
    /// <exception cref="BnnFileException">It cannot be written.</exception>
    public static void Write(string folder, JsonObject identity)
    {
        var content = (JsonObject)identity.DeepClone();
        content[FileChecksum] = Hash(identity);
        var bytes = Encoding.UTF8.GetBytes(content.ToJsonString(new JsonSerializerOptions(Readable) { WriteIndented = true }));
        AtomicFile.Write(Path.Combine(folder, FileName), stream => stream.Write(bytes));
    }

    /// <summary>The identity in a folder; null where there is none, or it is damaged.</summary>
    public static JsonObject? TryRead(string folder)
    {
        try
        {
            var path = Path.Combine(folder, FileName);
            var content = File.Exists(path) ? JsonNode.Parse(RegularFile.Text(path)) as JsonObject : null;
            return content?.Remove(FileChecksum, out var hash) == true && $"{hash}" == Hash(content) ? content : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException || AtomicFile.IsFileFault(e))
        {
            // ArgumentException: a key that is there twice
            return null;
        }
    }

    private static JsonObject Json(DataIdentity identity)
    {
        var json = new JsonObject { ["sha256"] = identity.Sha256 };
        if (identity.Times is not null)
        {
            json["times"] = identity.Times;
        }

        return json;
    }

    /// <summary>The first names, for readers; the checksum has all.</summary>
    private static string InWords(IReadOnlyList<string> classes) =>
        string.Join(", ", classes.Take(20)) + (classes.Count > 20 ? $", ... ({classes.Count})" : "");

    /// <summary>Whether it is one of these, or within one that ends in a dot or bracket.</summary>
    private static bool IsOf(string[] names, string name) =>
        Array.Exists(names, its => its[^1] is '.' or '[' ? name.StartsWith(its, StringComparison.Ordinal) : name == its);

    // what data that are code are called is what they are known by, with their version
    private static bool IsLabel(string name, SortedDictionary<string, string> mine) =>
        IsOf(Labels, name) && !(name == "recipe.data" && mine.ContainsKey("recipe.dataVersion"));

    /// <summary>Under what a difference is shown: a part of the data as a whole, all else by its own name.</summary>
    private static string Named(string name) => name.Split('.') is [Data, var part, ..] ? $"{Data}.{part}" : name;

    private static Fault Difference(
        string name, IReadOnlyList<string> names, SortedDictionary<string, string> mine, SortedDictionary<string, string> its, string whose)
    {
        var remedy = $"as in the run that {whose} holds; or {Elsewhere}";
        if (names[0] != name && its.GetValueOrDefault(names[0]) is null)
        {
            return new(name, "not to be compared", $"a run of this version of the library: {whose} holds an earlier one's, without a checksum of its data; or {Elsewhere}");
        }

        if (names is [var only] && only != name && only.EndsWith("times", StringComparison.Ordinal))
        {
            return new(
                name, "files with the names and sizes that they had, but written at other times",
                $"files with their times, {remedy}. Where they were copied, copy their times too (cp -p, rsync -t, tar), or set them by touch -r");
        }

        var (value, was) = (mine.GetValueOrDefault(names[0], "not there"), its.GetValueOrDefault(names[0], Nothing));
        return names[0] == name
            ? new(name, value, $"{was}, {remedy}")
            : new(name, $"other data than the run's, of checksum {value}", $"the same bytes, labels and classes, of checksum {was}, {remedy}");
    }

    private static string Hash(JsonObject identity) => Checksum.Of(identity.ToJsonString());

    private static SortedDictionary<string, string> Flattened(JsonObject identity)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Flatten("", identity, values);
        return values;
    }

    private static void Flatten(string name, JsonNode? node, IDictionary<string, string> values)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (key, value) in o)
                {
                    Flatten(name.Length == 0 ? key : $"{name}.{key}", value, values);
                }

                break;
            case JsonArray a:
                for (var k = 0; k < a.Count; k++)
                {
                    Flatten($"{name}[{k}]", a[k], values);
                }

                break;
            default:
                values[name] = node?.ToJsonString(Readable) ?? "null";
                break;
        }
    }
}
