using System.Globalization;
using System.Text.Json;
using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>Trained networks to and from files: packed (<see cref="PackedNetwork"/>), safetensors, and files of PyTorch. The library's own
/// hold a description beside the tensors: the first two, and checkpoints, in their metadata, a file of PyTorch in attributes of its OrderedDict.</summary>
internal static class BnnModelFile
{
    /// <summary>A network's name in a run's folder.</summary>
    public const string FileName = "network.bnn";

    private const string Format = "bnn network 2";
    private const string EarlierFormat = "bnn network 1";
    private const string FormatKey = "format";
    private const string NetworkKey = "network";
    private const string AttributePrefix = "bnn_";
    private const string EarlierFileName = "network.safetensors";
    private const string Remedy = "give a folder that BnnTrainer.SaveTo or BnnModel.Save has written";

    /// <summary>Reads a network from a folder, or from a file of any kind.</summary>
    public static BnnModel Load(string path)
    {
        if (ModelFile.IsPyTorch(path))
        {
            var state = ModelFile.State(path);
            return Description(state.Attributes) is { } own
                ? Of(Header(own, path), network => NetworkTensors.Import(network, state.Tensors, path))
                : Import(new(state.Tensors, null), path, Recognized(state.Tensors, path), new ImportOptions());
        }

        var file = Directory.Exists(path) ? InFolder(path) : path;
        if (!File.Exists(file))
        {
            throw new BnnFileException(path, $"holds no {FileName}", Remedy);
        }

        var (header, tensors, _) = Own(file);
        return Of(header, network => NetworkTensors.Restore(network, tensors, file));
    }

    /// <summary>The names of networks in a folder: today's, and that of earlier versions.</summary>
    public static IReadOnlyList<string> NamesInFolder => [FileName, EarlierFileName];

    /// <summary>Whether a file of safetensors is the library's own.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static bool IsOwn(string file) => IsOwn(Safetensors.Read(file, requireChecksum: false).Metadata);

    /// <summary>The network that a file's description, beside its tensors, is of; null where it has none, or one that cannot be read.</summary>
    public static ModelDescription? Described(IReadOnlyDictionary<string, string> description)
    {
        try
        {
            return Header(description, "").Model;
        }
        catch (BnnFileException)
        {
            return null;
        }
    }

    /// <summary>What a file of PyTorch has beside its tensors; null where that is not the library's.</summary>
    public static IReadOnlyDictionary<string, string>? Description(PickleDict? attributes)
    {
        var own = (attributes?.Entries ?? []).Select(entry => (Key: (entry.Key as PickleText)?.Value, Value: (entry.Value as PickleText)?.Value))
            .Where(entry => entry.Key?.StartsWith(AttributePrefix, StringComparison.Ordinal) == true && entry.Value is not null)
            .ToDictionary(entry => entry.Key![AttributePrefix.Length..], entry => entry.Value!);
        return own.ContainsKey(FormatKey) ? own : null;
    }

    /// <summary>A network of this description with the tensors of a file or folder.</summary>
    public static BnnModel Import(string path, ModelDescription model, ImportOptions options)
    {
        var file = Directory.Exists(path) ? InFolder(path) : path;
        return Import(ModelFile.Content(file), file, model, options);
    }

    /// <summary>What a file says of how the network is used holds, unless the options say otherwise.</summary>
    private static BnnModel Import(FileContent content, string path, ModelDescription model, ImportOptions options)
    {
        FaultModule.require(ModelDescriptionModule.validate(model));
        var use = options.Over(content.Header, model);
        if (use.Validate(model).ToList() is { Count: > 0 } faults)
        {
            throw new BnnConfigurationException(faults);
        }

        return new BnnModel(
            Filled(model, network => NetworkTensors.Import(network, content.Tensors, path)),
            new NetworkMode(false, use.BinaryActivations ?? true, use.BinaryWeights ?? true), use.Normalization(model.Channels), use.Names(content.Header, model))
        {
            Assumptions = options.Assumed(content.Header, model),
        };
    }

    /// <summary>Writes a network to a file of the kind that its name says, or into a folder.</summary>
    public static void Save(string path, TorchNetwork network, NetworkHeader header)
    {
        if (ModelFile.IsPyTorch(path))
        {
            var attributes = Description(header).Select(entry => Entry(AttributePrefix + entry.Key, new PickleText(entry.Value)));
            var tensors = NetworkTensors.Copy(network).Select(
                tensor => Entry(tensor.Name, new PickleTensor(tensor.Dtype, tensor.Shape, tensor.Bytes)));
            PyTorchFile.Write(path, new PickleDict([.. tensors], Ordered: true, new PickleDict([.. attributes])));
        }
        else if (ModelFile.IsSafetensors(path))
        {
            Safetensors.Write(path, new TensorFile(Description(header), NetworkTensors.Copy(network)));
        }
        else if (ModelFile.IsPacked(path))
        {
            SavePacked(path, network, header);
        }
        else if (ModelFile.UnknownEnding(path) is { } ending)
        {
            throw new BnnFileException(
                path, $"ends in {ending}, a kind of file that is not written",
                "end it in .bnn, .safetensors, .pth, .pth.tar or .pt; the name of a folder ends in none, or in /");
        }
        else
        {
            Save(RunFolder.Prepare(path), network, header);
        }
    }

    /// <summary>Writes a network into a folder.</summary>
    public static void Save(RunFolder folder, TorchNetwork network, NetworkHeader header) =>
        SavePacked(Path.Combine(folder.Root, FileName), network, header);

    private static void SavePacked(string path, TorchNetwork network, NetworkHeader header) => Safetensors.Write(
        path, new TensorFile(Description(header, PackedNetwork.Format), PackedNetwork.Pack(network, header.BinaryWeights, path)));

    /// <summary>A folder's network; that of an earlier version where it has no other.</summary>
    /// <exception cref="BnnFileException">There is none.</exception>
    public static string InFolder(string folder) =>
        NamesInFolder.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? throw new BnnFileException(
            folder, $"holds no {FileName}", Directory.Exists(Path.Combine(folder, CheckpointFolder.Name))
                ? $"its training has not ended: let it go on, or give a checkpoint, a file of its folder {CheckpointFolder.Name}" : Remedy);

    /// <summary>The network that a file's tensors are of, by their names and shapes; null where the library has none with such tensors.</summary>
    public static ModelDescription? Recognized(IReadOnlyList<NamedArray> tensors) =>
        Recognize(tensors) is Bnn.Recognized.Model found ? found.Item : null;

    /// <summary>The networks that all have these tensors, where there is more than one.</summary>
    public static IReadOnlyList<string> Candidates(IReadOnlyList<NamedArray> tensors) =>
        Recognize(tensors) is Bnn.Recognized.OneOf several ? [.. several.Item.Select(candidate => candidate.Code)] : [];

    private static ModelDescription Recognized(IReadOnlyList<NamedArray> tensors, string path) => Recognize(tensors) switch
    {
        Bnn.Recognized.Model found => found.Item,
        Bnn.Recognized.OneOf several => throw new BnnFileException(
            path, $"has tensors that do not tell which network they are of: {string.Join(" and ", several.Item.Select(candidate => candidate.Code))} have the same",
            $"say which it is: BnnModel.Import(path, {several.Item.Head.Code})"),
        // its import says which tensors are missing, too many or misshapen
        Bnn.Recognized.Unknown { nearest: { } nearest } => nearest.Value,
        _ => throw new BnnFileException(
            path, $"has tensors of no known network; the first are {string.Join(", ", tensors.Take(3).Select(tensor => tensor.Name))}",
            "say which network it is of: BnnModel.Import(path, Models.ReActNetA())"),
    };

    private static Recognized Recognize(IReadOnlyList<NamedArray> tensors) => Recognition.find(
        tensors.DistinctBy(tensor => tensor.Name).Select(tensor => Tuple.Create(tensor.Name, ListModule.OfArray(tensor.Shape))));

    private static BnnModel Of(NetworkHeader header, Action<TorchNetwork> fill) => new(
        Filled(header.Model, fill), new NetworkMode(false, header.BinaryActivations, header.BinaryWeights), header.Normalization, header.Classes);

    /// <summary>A file of the library's own: its description, the network's tensors by name, and of a checkpoint the network of its run, which
    /// the stage may have with other binarizers.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static (NetworkHeader Header, IReadOnlyList<NamedArray> Tensors, ModelDescription? RunsModel) Own(string file)
    {
        var content = Safetensors.Read(file);
        var header = Header(content.Metadata, file);
        return (header, content.Metadata[FormatKey] switch
        {
            PackedNetwork.Format or PackedNetwork.EarlierFormat => PackedNetwork.Unpack(content.Tensors, header, file),
            Checkpoint.Format or Checkpoint.EarlierFormat => Checkpoint.NetworkOf(content),
            _ => content.Tensors,
        }, Checkpoint.ModelOf(content));
    }

    /// <summary>A file's description of its network.</summary>
    /// <exception cref="BnnFileException">It has none, or one of an impossible network.</exception>
    public static NetworkHeader Header(IReadOnlyDictionary<string, string> description, string file)
    {
        if (!IsOwn(description))
        {
            throw new BnnFileException(file, $"is not a network of the format \"{Format}\" or \"{PackedNetwork.Format}\"", Remedy);
        }

        try
        {
            return NetworkHeader.FromJson(description.GetValueOrDefault(NetworkKey) ?? "");
        }
        catch (BnnConfigurationException e)
        {
            throw new BnnFileException(file, $"describes an impossible network: {e.Faults[0]}", Remedy, e);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new BnnFileException(file, "has no readable description of its network", Remedy, e);
        }
    }

    private static bool IsOwn(IReadOnlyDictionary<string, string> description) => description.GetValueOrDefault(FormatKey) is
        Format or EarlierFormat or PackedNetwork.Format or PackedNetwork.EarlierFormat or Checkpoint.Format or Checkpoint.EarlierFormat;

    private static TorchNetwork Filled(ModelDescription model, Action<TorchNetwork> fill)
    {
        var network = TorchNetwork.Create(model, seed: 0);
        try
        {
            fill(network);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static Dictionary<string, string> Description(NetworkHeader header, string format = Format) => new()
    {
        [FormatKey] = format,
        [NetworkKey] = header.ToJson(),
    };

    private static KeyValuePair<PickleValue, PickleValue> Entry(string name, PickleValue value) => new(new PickleText(name), value);
}
