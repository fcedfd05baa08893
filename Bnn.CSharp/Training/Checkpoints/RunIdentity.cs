using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>What makes two runs the same one: network, seed and recipe. Threads and devices do not.</summary>
internal static class RunIdentity
{
    private const string FileName = "recipe.json";

    public static JsonObject Of(TrainingPlan plan) => new()
    {
        ["seed"] = plan.Seed,
        ["model"] = new JsonObject
        {
            ["name"] = plan.Model.Name,
            ["family"] = $"{plan.Model.Family}",
            ["layers"] = string.Join(", ", plan.Model.Layers.Select(layer => $"{layer.Width}/{layer.Stride}")),
            ["input"] = $"{plan.Model.Input}",
            ["classes"] = plan.Model.Classes,
        },
        ["recipe"] = RecipeJson.Of(plan),
    };

    /// <summary>What differs from the run that has left its identity in a folder, one fault a value; empty where there is none.</summary>
    /// <exception cref="BnnFileException">What it has left cannot be read.</exception>
    public static IEnumerable<Fault> Differences(string folder, JsonObject identity)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return [];
        }

        var (own, found) = (new SortedDictionary<string, string>(StringComparer.Ordinal), new SortedDictionary<string, string>(StringComparer.Ordinal));
        Flatten("", identity, own);
        Flatten("", Read(path), found);
        return own.Keys.Union(found.Keys).Where(name => own.GetValueOrDefault(name) != found.GetValueOrDefault(name)).Select(name => new Fault(
            name, own.GetValueOrDefault(name, "not there"),
            $"{found.GetValueOrDefault(name, "nothing")}, as in the run that {Path.GetDirectoryName(folder)} holds; or another folder, or delete that one"));
    }

    /// <summary>Leaves the identity in a folder.</summary>
    /// <exception cref="BnnFileException">It cannot be written.</exception>
    public static void Write(string folder, JsonObject identity)
    {
        var bytes = Encoding.UTF8.GetBytes(identity.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        AtomicFile.Write(Path.Combine(folder, FileName), stream => stream.Write(bytes));
    }

    private static JsonNode? Read(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is JsonException || AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be read ({e.Message})", "give another folder, or delete the run's", e);
        }
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
                values[name] = node?.ToJsonString() ?? "null";
                break;
        }
    }
}
