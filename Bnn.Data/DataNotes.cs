using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>What a user must know of data that were read: what was passed over, and how they were divided. In sentences for people, and for result.json.</summary>
internal static class DataNotes
{
    public static IReadOnlyList<string> Of(Dataset data) =>
    [
        .. Parts(data).Where(part => part.PassedOver.Count > 0).Select(part => FormattableString.Invariant(
            $"passed over beside the {part.Name} examples: {part.PassedOver}")),
        .. data.Remarks,
    ];

    public static JsonObject ToJson(Dataset data) => new()
    {
        ["passedOver"] = new JsonObject(Parts(data).Select(part => KeyValuePair.Create(part.Name, (JsonNode?)part.PassedOver.ToJson()))),
        ["remarks"] = new JsonArray([.. data.Remarks.Select(remark => JsonValue.Create(remark))]),
    };

    // Examples that are held out of those to train on come from the same place, which is said once.
    private static IEnumerable<(string Name, PassedOver PassedOver)> Parts(Dataset data)
    {
        var (train, test) = (data.Train.PassedOver, data.Test.PassedOver);
        return [("training", train), ("test", ReferenceEquals(train, test) ? PassedOver.None : test)];
    }
}
