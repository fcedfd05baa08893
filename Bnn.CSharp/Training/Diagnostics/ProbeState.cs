using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bnn;

/// <summary>What a <see cref="LayerProbe"/> has gathered, for a checkpoint.</summary>
/// <param name="ZeroChannels">Channels without gradient, counted in each iteration.</param>
/// <param name="ChannelZeros">For each channel its gradients that were 0, counted in each iteration.</param>
/// <param name="Iterations">Iterations that were looked at.</param>
internal sealed record LayerProbeState(long ZeroChannels, long[] ChannelZeros, long Iterations)
{
    /// <summary>A bit a weight: whether its gradient was above almost 0 in one of them.</summary>
    [JsonIgnore]
    public byte[] Active { get; init; } = [];

    /// <summary>The magnitudes of their steps, added up for each channel; empty in checkpoints that have none.</summary>
    [JsonIgnore]
    public byte[] Updates { get; init; } = [];
}

/// <summary>What an <see cref="EpochProbe"/> has gathered, for a checkpoint: numbers as JSON, what is there for each weight as arrays.</summary>
/// <param name="Done">Iterations of the epoch.</param>
/// <param name="Seen">Of them those that were looked at.</param>
/// <param name="Saturated">For each sign its inputs with |x| > 1.</param>
/// <param name="Watched">For each sign its inputs.</param>
/// <param name="Layers">The binary layers.</param>
internal sealed record ProbeState(int Done, int Seen, double[] Saturated, long[] Watched, LayerProbeState[] Layers)
{
    private const string BeforeName = "before";
    private const string HalfwayName = "halfway";
    private const string ActiveName = "active ";
    private const string UpdatesName = "updates ";

    /// <summary>The checkpoint's file.</summary>
    [JsonIgnore]
    public string Path { get; init; } = "";

    /// <summary>The latent weights before the epoch.</summary>
    [JsonIgnore]
    public float[] Before { get; init; } = [];

    /// <summary>The latent weights in the middle of the last iterations; empty before.</summary>
    [JsonIgnore]
    public float[] Halfway { get; init; } = [];

    /// <summary>The numbers.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ProbeStateJson.Default.ProbeState);

    /// <summary>What is there for each weight.</summary>
    public IEnumerable<NamedArray> Arrays() =>
    [
        Array(BeforeName, Before), Array(HalfwayName, Halfway),
        .. Layers.Select((layer, k) => new NamedArray($"{ActiveName}{k}", "U8", [layer.Active.Length], layer.Active)),
        .. Layers.Select((layer, k) => new NamedArray($"{UpdatesName}{k}", "U8", [layer.Updates.Length], layer.Updates)),
    ];

    /// <summary>The state of its numbers and arrays.</summary>
    /// <exception cref="JsonException">The numbers cannot be read.</exception>
    /// <exception cref="KeyNotFoundException">An array is missing.</exception>
    public static ProbeState Of(string json, IEnumerable<NamedArray> arrays)
    {
        var named = arrays.ToDictionary(array => array.Name);
        var numbers = JsonSerializer.Deserialize(json, ProbeStateJson.Default.ProbeState) ?? throw new JsonException("there are none");
        return numbers with
        {
            Before = Floats(named[BeforeName]),
            Halfway = Floats(named[HalfwayName]),
            Layers = [.. numbers.Layers.Select((layer, k) => layer with
            {
                Active = named[$"{ActiveName}{k}"].Bytes.ToArray(),
                Updates = named[$"{UpdatesName}{k}"].Bytes.ToArray(),
            })],
        };
    }

    private static NamedArray Array(string name, float[] numbers) =>
        new(name, "F32", [numbers.Length], MemoryMarshal.AsBytes<float>(numbers).ToArray());

    private static float[] Floats(NamedArray array) => MemoryMarshal.Cast<byte, float>(array.Bytes.Span).ToArray();
}

/// <summary>JSON of <see cref="ProbeState"/>.</summary>
[JsonSerializable(typeof(ProbeState))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ProbeStateJson : JsonSerializerContext;
