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
        var file = Directory.Exists(path) ? InFolder(path) : path;
        if (!File.Exists(file) && !ModelFile.IsPyTorch(file))
        {
            throw new BnnFileException(path, $"holds no {FileName}", Remedy);
        }

        var content = ModelFile.Read(file, new());
        if (content.Description is null)
        {
            return Import(content, file, Recognized(KnownNames(content.Tensors).Tensors, file), new());
        }

        var (header, tensors, _) = Own(content, file);
        var mode = new NetworkMode(false, header.BinaryActivations, header.BinaryWeights);
        return new(Filled(header.Model, tensors, file, content.IsExact), mode, header.Normalization, header.Classes);
    }

    /// <summary>The names of networks in a folder: today's, and that of earlier versions.</summary>
    public static IReadOnlyList<string> NamesInFolder => [FileName, EarlierFileName];

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
        return Import(ModelFile.Read(file, options), file, model, options);
    }

    /// <summary>What a file says of how the network is used holds, unless the options say otherwise.</summary>
    private static BnnModel Import(FileContent content, string path, ModelDescription model, ImportOptions options)
    {
        FaultModule.require(ModelDescriptionModule.validate(model));
        var (header, all) = content.Description is null ? (null, content.Tensors) : Described(content, path);
        var use = options.Over(header, model);
        if (use.Validate(model).ToList() is { Count: > 0 } faults)
        {
            throw new BnnConfigurationException(faults);
        }

        var shapes = NetworkTensors.ShapesOf(model);
        var (prefix, named) = NamePrefix.Off(all, shapes);
        var tensors = options.LeaveOutOthers ? [.. named.Where(tensor => shapes.ContainsKey(NetworkTensors.Reshaped(tensor, shapes).Name))] : named;
        return new BnnModel(
            Filled(model, tensors, path, isExact: false),
            new NetworkMode(false, use.BinaryActivations ?? true, use.BinaryWeights ?? true), use.Normalization(model.Channels), use.Names(header, model))
        {
            Assumptions = [.. options.Assumed(header, model), .. PrefixInWords(prefix)],
            LeftOut = [.. content.LeftOut, .. named.Except(tensors).Select(tensor => tensor.Name)],
        };
    }

    private static (NetworkHeader? Header, IReadOnlyList<NamedArray> Tensors) Described(FileContent content, string path)
    {
        var own = Own(content, path);
        return (own.Header, own.Tensors);
    }

    /// <summary>That names had a prefix, in a sentence; nothing where they had none.</summary>
    public static IEnumerable<string> PrefixInWords(string prefix) =>
        prefix.Length == 0 ? [] : [$"the names of all tensors of its file begin with {PickleCalls.Shown(prefix)}, which is taken off"];

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

    /// <summary>Tensors by the names that a network of the library has, without a prefix; where none has such names, without those of wrappers.</summary>
    public static (string Prefix, IReadOnlyList<NamedArray> Tensors) KnownNames(IReadOnlyList<NamedArray> tensors) =>
        NamePrefix.Off(tensors, now => Recognize(now) is not Bnn.Recognized.Unknown { nearest: null });

    /// <summary>A file of the library's own: its description, the network's tensors by name, and of a checkpoint the network of its run, which
    /// the stage may have with other binarizers.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static (NetworkHeader Header, IReadOnlyList<NamedArray> Tensors, ModelDescription? RunsModel) Own(string file) =>
        Own(ModelFile.Read(file, new()), file);

    /// <summary>The same of what was read.</summary>
    public static (NetworkHeader Header, IReadOnlyList<NamedArray> Tensors, ModelDescription? RunsModel) Own(FileContent content, string file)
    {
        var description = content.Description ?? new Dictionary<string, string>();
        var header = Header(description, file);
        var whole = new TensorFile(description, content.Tensors);
        return (header, description[FormatKey] switch
        {
            PackedNetwork.Format or PackedNetwork.EarlierFormat => PackedNetwork.Unpack(content.Tensors, header, file),
            Checkpoint.Format or Checkpoint.EarlierFormat => Checkpoint.NetworkOf(whole),
            _ => content.Tensors,
        }, Checkpoint.ModelOf(whole));
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

    /// <summary>Whether a file's texts are those of some file of the library, of any version.</summary>
    public static bool IsOfAnyVersion(IReadOnlyDictionary<string, string> description) =>
        description.GetValueOrDefault(FormatKey)?.StartsWith("bnn ", StringComparison.Ordinal) == true;

    /// <summary>Whether a file's texts are the library's own description.</summary>
    public static bool IsOwn(IReadOnlyDictionary<string, string> description) => description.GetValueOrDefault(FormatKey) is
        Format or EarlierFormat or PackedNetwork.Format or PackedNetwork.EarlierFormat or Checkpoint.Format or Checkpoint.EarlierFormat;

    /// <summary>The network with these tensors. They are compared with it before memory is taken for its weights: a small file may describe a huge network.</summary>
    private static TorchNetwork Filled(ModelDescription model, IReadOnlyList<NamedArray> tensors, string file, bool isExact)
    {
        NetworkTensors.Require(TorchNetwork.Outline(model), tensors, file, isExact);
        var network = TorchNetwork.Create(model, seed: 0);
        try
        {
            NetworkTensors.Overwrite(network, tensors, file, isExact);
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
