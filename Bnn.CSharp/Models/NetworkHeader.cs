using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>What the library's files say of a network besides its tensors: the network itself, so that one that nobody knows loads again, and how
/// it is used.</summary>
/// <param name="Model">The network.</param>
/// <param name="BinaryActivations">Whether activations are binary in use.</param>
/// <param name="BinaryWeights">Whether weights are.</param>
/// <param name="Classes">The names of the classes; none where its outputs are no classes.</param>
/// <param name="Normalization">How images are normalized.</param>
internal sealed record NetworkHeader(
    ModelDescription Model, bool BinaryActivations, bool BinaryWeights, IReadOnlyList<string> Classes, Normalization Normalization)
{
    /// <summary>The header of a network that is used in this mode.</summary>
    public static NetworkHeader Of(ModelDescription model, NetworkMode mode, Normalization normalization, IReadOnlyList<string> classes) =>
        new(model, mode.BinaryActivations, mode.BinaryWeights, classes, normalization);

    /// <summary>The header as a file has it.</summary>
    public string ToJson() => new JsonObject
    {
        ["model"] = NetworkJson.node(Model),
        ["binaryActivations"] = BinaryActivations,
        ["binaryWeights"] = BinaryWeights,
        ["classes"] = Texts(Classes),
        ["means"] = Numbers(Normalization.Means),
        ["deviations"] = Numbers(Normalization.Deviations),
    }.ToJsonString();

    /// <summary>A file's header.</summary>
    /// <exception cref="JsonException">Something is missing or does not fit together.</exception>
    /// <exception cref="BnnConfigurationException">The network is impossible; lists every fault.</exception>
    public static NetworkHeader FromJson(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
        var root = document.RootElement;
        var model = root.TryGetProperty("model", out var own) ? ModelOf(own) : EarlierModel(root);
        var classes = root.GetProperty("classes").EnumerateArray().Select(name => name.GetString()!).ToList();
        FaultModule.require(classes.Count > 0 ? ModelDescriptionModule.validateClassifier(model) : ModelDescriptionModule.validate(model));
        var header = new NetworkHeader(
            model, root.GetProperty("binaryActivations").GetBoolean(), root.GetProperty("binaryWeights").GetBoolean(),
            classes, new(Doubles(root.GetProperty("means")), Doubles(root.GetProperty("deviations"))));
        var channels = header.Model.Channels;
        return header.Normalization.Means.Count == channels && header.Normalization.Deviations.Count == channels && (classes.Count == 0 || classes.Count == header.Model.Classes)
            ? header
            : throw new JsonException("the network's classes or normalization are of another network");
    }

    private static ModelDescription ModelOf(JsonElement json)
    {
        var model = NetworkJson.read(json);
        return model.IsError ? throw new BnnConfigurationException([.. model.ErrorValue]) : model.ResultValue;
    }

    // The first formats name a family, ReActNet's where they do not, and each layer's width and stride.
    private static ModelDescription EarlierModel(JsonElement root)
    {
        var family = root.TryGetProperty("family", out var named) ? named.GetString() : "ReActNet";
        var layers = root.GetProperty("layers").EnumerateArray().Take(NetworkModule.MostLayers).Select(layer => layer.GetArrayLength() == 2
            ? (layer[0].GetInt32(), layer[1].GetInt32())
            : throw new JsonException("a layer has no width and stride")).ToList();
        var network = Recognition.ofFamily(family, layers, root.GetProperty("classes").GetArrayLength())
            ?? throw new JsonException($"the network's family {family} is unknown, or its layers do not fit together");
        return ModelDescription.Create(
            root.GetProperty("name").GetString(), network.Value, root.GetProperty("channels").GetInt32(), root.GetProperty("height").GetInt32(),
            root.GetProperty("width").GetInt32());
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    private static JsonArray Numbers(IEnumerable<double> numbers) => [.. numbers.Select(number => (JsonNode)number)];

    private static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];
}
