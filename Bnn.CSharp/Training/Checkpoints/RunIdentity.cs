using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>What makes two runs the same one: network, seed, recipe, and the weights that were given, whatever file they came from. Threads and devices do not. Each checkpoint has it, and the file
/// <c>recipe.json</c> beside them, so that it can be compared without reading a checkpoint.</summary>
internal static class RunIdentity
{
    /// <summary>The file's name.</summary>
    public const string FileName = "recipe.json";

    private const string Checksum = "sha256";

    // what a formula is made of stays as it is: + and <
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Of(TrainingPlan plan)
    {
        var recipe = RecipeJson.Of(plan);
        recipe.Remove(RecipeJson.Start);
        var identity = new JsonObject
        {
            ["seed"] = plan.Seed,
            ["model"] = NetworkJson.node(plan.Model),
            ["recipe"] = recipe,
        };
        if (plan.Start is not null)
        {
            identity[RecipeJson.Start] = new JsonObject { ["sha256"] = plan.Start.Report.Sha256 };
        }

        return identity;
    }

    /// <summary>What differs from another run's, one fault a value.</summary>
    /// <param name="own">This run's.</param>
    /// <param name="found">The other's.</param>
    /// <param name="folder">The other's folder.</param>
    public static IEnumerable<Fault> Differences(JsonObject own, JsonObject found, string folder)
    {
        var (mine, its) = (Flattened(own), Flattened(found));
        return mine.Keys.Union(its.Keys).Where(name => mine.GetValueOrDefault(name) != its.GetValueOrDefault(name)).Select(name => new Fault(
            name, mine.GetValueOrDefault(name, "not there"),
            $"{its.GetValueOrDefault(name, "nothing")}, as in the run that {folder} holds; or another folder, or delete that one"));
    }

    /// <summary>Leaves the identity in a folder.</summary>
    /// <exception cref="BnnFileException">It cannot be written.</exception>
    public static void Write(string folder, JsonObject identity)
    {
        var content = (JsonObject)identity.DeepClone();
        content[Checksum] = Hash(identity);
        var bytes = Encoding.UTF8.GetBytes(content.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        AtomicFile.Write(Path.Combine(folder, FileName), stream => stream.Write(bytes));
    }

    /// <summary>The identity in a folder; null where there is none, or it is damaged.</summary>
    public static JsonObject? TryRead(string folder)
    {
        try
        {
            var path = Path.Combine(folder, FileName);
            var content = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) as JsonObject : null;
            return content?.Remove(Checksum, out var hash) == true && $"{hash}" == Hash(content) ? content : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException || AtomicFile.IsFileFault(e))
        {
            // ArgumentException: a key that is there twice
            return null;
        }
    }

    private static string Hash(JsonObject identity) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity.ToJsonString())));

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
