using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>A value in a JSON file, and where it is. What is missing or of another kind is an error that names file and place.</summary>
internal readonly struct JsonPart
{
    private const string Remedy = "give the folder of a run of this version, or train it again";

    private readonly string path;
    private readonly string place;
    private readonly JsonElement element;

    private JsonPart(string path, string place, JsonElement element) => (this.path, this.place, this.element) = (path, place, element);

    public JsonValueKind Kind => element.ValueKind;

    public bool IsNull => element.ValueKind == JsonValueKind.Null;

    public string Text => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Fault("no text");

    /// <summary>A number; NaN for null.</summary>
    public double Number =>
        IsNull ? double.NaN : element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) ? value : throw Fault("no number");

    public long Whole => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) ? value : throw Fault("no whole number");

    public bool Flag => element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : throw Fault("neither true nor false");

    /// <summary>The value as JSON has it; text without quotes.</summary>
    public string Shown => element.ToString();

    /// <summary>The value under a key.</summary>
    public JsonPart this[string key] =>
        element.ValueKind != JsonValueKind.Object ? throw Fault("no object")
        : element.TryGetProperty(key, out var value) ? new(path, Below(key), value)
        : throw new BnnFileException(path, $"{Below(key)} is missing", Remedy);

    /// <summary>The value under a key that may be missing; null where it is, or is null.</summary>
    public JsonPart? Find(string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null
            ? new JsonPart(path, Below(key), value) : null;

    /// <summary>A value that is to be in a file.</summary>
    public static JsonPart Of(string path, JsonNode? value)
    {
        // not by a serializer, which looks for its types by reflection, and that is off in C# scripts
        using var document = JsonDocument.Parse(value?.ToJsonString() ?? "null");
        return new(path, "", document.RootElement.Clone());
    }

    /// <summary>The file's root.</summary>
    /// <exception cref="BnnFileException">The file cannot be read or is not JSON.</exception>
    public static JsonPart Read(string path)
    {
        try
        {
            return new(path, "", JsonDocument.Parse(RegularFile.Bytes(path)).RootElement);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be read ({e.Message})", "give the folder of a run", e);
        }
        catch (JsonException e)
        {
            throw new BnnFileException(path, $"is not JSON ({e.Message.TrimEnd('.')})", Remedy, e);
        }
    }

    public IReadOnlyList<JsonPart> Items()
    {
        var (file, where) = (path, place);
        return element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select((item, k) => new JsonPart(file, $"{where}[{k}]", item))]
            : throw Fault("no list");
    }

    public IReadOnlyList<(string Key, JsonPart Value)> Entries()
    {
        var part = this;
        return element.ValueKind == JsonValueKind.Object
            ? [.. element.EnumerateObject().Select(entry => (entry.Name, new JsonPart(part.path, part.Below(entry.Name), entry.Value)))]
            : throw Fault("no object");
    }

    private string Below(string key) => place.Length == 0 ? key : $"{place}.{key}";

    private BnnFileException Fault(string problem) =>
        new(path, $"{(place.Length == 0 ? "its content" : place)} is {problem}", Remedy);
}
