using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A run's whole state: its position, its network, and what its running stage has beside them.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Network">The network's tensors, for whoever reads the checkpoint as a network.</param>
/// <param name="Slots">The optimizer's slots by group and name; none between two stages.</param>
/// <param name="First">The signs at the stage's start, packed; empty between two stages.</param>
/// <param name="Best">The tensors of the stage's best epoch, where the stage ends with them; else empty.</param>
internal sealed record Checkpoint(
    RunPosition Position, IReadOnlyList<NamedArray> Network, IReadOnlyList<NamedArray> Slots, byte[] First, IReadOnlyList<NamedArray> Best)
{
    /// <summary>The tensors of the network that is trained, where <see cref="Network"/> has their average; else empty.</summary>
    public IReadOnlyList<NamedArray> Live { get; init; } = [];

    /// <summary>What the epoch's diagnostics are made of; null between two epochs, and where there are none.</summary>
    public ProbeState? Probe { get; init; }

    /// <summary>What the run was on.</summary>
    public RunEnvironment Environment { get; init; } = RunEnvironment.Current(CPU);

    /// <summary>The run's identity, recipe and all; null where it was written for none.</summary>
    public JsonObject? Identity { get; init; }

    /// <summary>What a reader of the network must know of it.</summary>
    public NetworkHeader? Header { get; init; }

    /// <summary>The file that it was read from; empty where it was made.</summary>
    public string Path { get; init; } = "";

    /// <summary>The text that tells such files from others.</summary>
    public const string Format = "bnn checkpoint 3";

    /// <summary>That of checkpoints from which networks are still read, and no training goes on.</summary>
    public const string EarlierFormat = "bnn checkpoint 2";

    private const string Remedy = "delete it; an older checkpoint is then taken";
    private const string NetworkPrefix = "network/";
    private const string LivePrefix = "live/";
    private const string SlotPrefix = "slot/";
    private const string BestPrefix = "best/";
    private const string ProbePrefix = "diagnostics/";
    private const string FirstName = "first signs";

    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="BnnFileException">It cannot be written.</exception>
    public void Write(string path)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["position"] = JsonSerializer.Serialize(Position, RunPositionJson.Default.RunPosition),
            ["environment"] = JsonSerializer.Serialize(Environment, RunEnvironmentJson.Default.RunEnvironment),
        };
        if (Probe is not null)
        {
            metadata["diagnostics"] = Probe.ToJson();
        }

        if (Identity is not null)
        {
            metadata["run"] = Identity.ToJsonString();
        }

        if (Header is not null)
        {
            metadata["network"] = Header.ToJson();
        }

        IEnumerable<NamedArray> tensors =
        [
            .. Prefixed(NetworkPrefix, Network), .. Prefixed(LivePrefix, Live), .. Prefixed(SlotPrefix, Slots), .. Prefixed(BestPrefix, Best),
            .. Prefixed(ProbePrefix, Probe?.Arrays() ?? []),
            new NamedArray(FirstName, "U8", [First.Length], First),
        ];
        Safetensors.Write(path, new TensorFile(metadata, [.. tensors]));
    }

    /// <summary>Reads one; its checksum must hold.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static Checkpoint Read(string path)
    {
        var file = Safetensors.Read(path);
        try
        {
            var position = file.Metadata.GetValueOrDefault("format") == Format
                ? JsonSerializer.Deserialize(file.Metadata["position"], RunPositionJson.Default.RunPosition)
                : null;
            var first = file.Tensors.FirstOrDefault(tensor => tensor.Name == FirstName);
            var environment = JsonSerializer.Deserialize(file.Metadata["environment"], RunEnvironmentJson.Default.RunEnvironment);
            return position is null || first is null || environment is null
                ? throw new BnnFileException(path, $"is not of the format \"{Format}\"", Remedy)
                : new(
                    position, NetworkOf(file), Part(file, SlotPrefix), first.Bytes.ToArray(), Part(file, BestPrefix))
                {
                    Probe = file.Metadata.GetValueOrDefault("diagnostics") is { } numbers ? ProbeState.Of(numbers, Part(file, ProbePrefix)) with { Path = path } : null,
                    Path = path,
                    Live = Part(file, LivePrefix),
                    Environment = environment,
                    Identity = file.Metadata.GetValueOrDefault("run") is { } run ? JsonNode.Parse(run) as JsonObject : null,
                };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            throw new BnnFileException(path, "has no readable position", Remedy, e);
        }
    }

    /// <summary>The first of the network's tensors that is not finite, in words such as "conv1.weight is NaN"; null where all are. Earlier versions
    /// have written such checkpoints.</summary>
    public string? FirstLost()
    {
        using var scope = NewDisposeScope();
        return Network.Where(array => NetworkTensors.IsFloat(array.Dtype))
            .Select(array => Finite.Fault(array.ToTensor(ScalarType.Float64)) is { } fault ? $"{array.Name} is {fault}" : null)
            .FirstOrDefault(fault => fault is not null);
    }

    /// <summary>The identity of the run that wrote a file, by its header alone, whose checksum is not looked at; null where the file is no readable
    /// checkpoint, empty where it is of no run.</summary>
    public static JsonObject? TryIdentityOf(string path)
    {
        try
        {
            var metadata = Safetensors.ReadMetadata(path);
            return metadata.GetValueOrDefault("format") != Format ? null
                : metadata.GetValueOrDefault("run") is { } run ? JsonNode.Parse(run) as JsonObject ?? [] : [];
        }
        catch (Exception e) when (e is BnnFileException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether a file can be gone on from, by its checksum too.</summary>
    public static bool IsWhole(string path)
    {
        try
        {
            Read(path);
            return true;
        }
        catch (BnnFileException)
        {
            return false;
        }
    }

    /// <summary>Checks that it can be of a run: its position is within the recipe, and it has the network's tensors.</summary>
    /// <exception cref="BnnFileException">It cannot; says what is wrong.</exception>
    public void Require(TrainingPlan plan, TorchNetwork network)
    {
        if (Position.Problem([.. plan.Recipe.Stages.Select(stage => stage.Epochs)]) is { } problem)
        {
            throw new BnnFileException(Path, $"has an impossible position: {problem}", Remedy);
        }

        NetworkTensors.Require(Network, [.. network.Store.All.Select(Expected)], Path, string.Equals);
        if (Best.Count > 0)
        {
            NetworkTensors.Require(Best, [.. network.Store.All.Select(Expected)], Path, string.Equals);
        }
    }

    /// <summary>The signs that the stage began with.</summary>
    /// <exception cref="BnnFileException">They are those of another network.</exception>
    public Signs FirstSigns(TorchNetwork network) => SignsModule.tryOfBytes((int)network.BinaryWeights, First)?.Value
        ?? throw new BnnFileException(Path, $"has {First.Length} bytes of signs at the stage's start, which {network.BinaryWeights} weights have not", Remedy);

    /// <summary>Checks that it is within a stage, and has its optimizer's slots.</summary>
    /// <param name="optimizer">The stage's optimizer.</param>
    /// <param name="batches">Batches of an epoch.</param>
    /// <exception cref="BnnFileException">It has not; says what is wrong.</exception>
    public void Require(RuleOptimizer optimizer, int batches)
    {
        if (Position.Steps > optimizer.Iterations || Position.Sums.Batches > batches)
        {
            throw new BnnFileException(
                Path, $"has an impossible position: {Position.Steps} of {optimizer.Iterations} steps, {Position.Sums.Batches} of {batches} batches", Remedy);
        }

        NetworkTensors.Require(
            Slots, [.. optimizer.Slots.Select(slot => (slot.Key, TorchTypes.Dtype(slot.Value.dtype)!, slot.Value.shape))], Path, string.Equals);
        if (optimizer.Numbers.Keys.FirstOrDefault(name => !Position.Numbers.ContainsKey(name)) is { } missing)
        {
            throw new BnnFileException(Path, $"lacks the optimizer's number {missing}", Remedy);
        }
    }

    private static (string Name, string Dtype, long[] Shape) Expected(NetworkTensor tensor) => (tensor.Name, TorchTypes.Dtype(tensor.Value.dtype)!, tensor.Shape);

    /// <summary>The network's tensors in a checkpoint's file.</summary>
    public static IReadOnlyList<NamedArray> NetworkOf(TensorFile file) => Part(file, NetworkPrefix);

    /// <summary>The network of the run that wrote a checkpoint; null where the file does not say.</summary>
    public static ModelDescription? ModelOf(TensorFile file)
    {
        try
        {
            using var identity = JsonDocument.Parse(file.Metadata.GetValueOrDefault("run") ?? "{}");
            return identity.RootElement.TryGetProperty("model", out var json) && NetworkJson.read(json) is { IsOk: true } model
                && ModelDescriptionModule.validateClassifier(model.ResultValue).IsEmpty ? model.ResultValue : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Gives numbers to tensors of the same names.</summary>
    public static void Restore(IEnumerable<NamedArray> arrays, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var array in arrays)
        {
            var own = tensors[array.Name];
            own.copy_(array.ToTensor(own.dtype).view(own.shape));
        }
    }

    private static IEnumerable<NamedArray> Prefixed(string prefix, IEnumerable<NamedArray> arrays) =>
        arrays.Select(array => array with { Name = prefix + array.Name });

    private static IReadOnlyList<NamedArray> Part(TensorFile file, string prefix) =>
        [.. file.Tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(tensor => tensor with { Name = tensor.Name[prefix.Length..] })];
}
