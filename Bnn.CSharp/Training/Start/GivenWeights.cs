namespace Bnn;

/// <summary>Weights that a training can start from: a network's tensors by name, and what is known of the network.</summary>
/// <param name="Name">The file that they were read from, or the network's name.</param>
/// <param name="Tensors">The tensors, as the file has them.</param>
/// <param name="Network">Their network; null where it cannot be told.</param>
internal sealed record GivenWeights(string Name, IReadOnlyList<NamedArray> Tensors, ModelDescription? Network)
{
    /// <summary>The networks that all have such tensors, where there are several.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>How images were normalized for them; null where that is not known.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>The names of their classes; null where they are not known.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>What was passed over on the way to them, in sentences.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Reads them from a run's folder or from a file of any kind.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="options">Where in a file of PyTorch they are, and whether what else is there may be left out.</param>
    /// <exception cref="BnnFileException">There are none, or they are damaged.</exception>
    public static GivenWeights Read(string path, ImportOptions options)
    {
        if (Directory.Exists(path))
        {
            return OfFolder(path);
        }

        var content = ModelFile.Read(path, options);
        return content.Description is null ? Foreign(path, content) : OfOwn(path, content);
    }

    /// <summary>Their network for a training set: for its images where the network takes such, and with an output for each of its classes.</summary>
    /// <exception cref="BnnConfigurationException">The network cannot be known, or cannot have so many classes.</exception>
    public ModelDescription ModelFor(Examples images)
    {
        if (Network is null)
        {
            throw new BnnConfigurationException([Candidates.Count > 0
                ? Fault.Problem("start", $"{Name} has tensors that {string.Join(" and ", Candidates)} all have", $"say which network they are of, for instance by WithModel({Candidates[0]})")
                : Fault.Problem(
                    "start", $"{Name} has tensors of no known network; the first are {string.Join(", ", Tensors.Take(3).Select(tensor => tensor.Name))}",
                    "say with WithModel which network they are of")]);
        }

        var sized = ModelDescriptionModule.withInput(images.Channels, images.Height, images.Width, Network);
        var model = ModelDescriptionModule.validate(sized).IsEmpty ? sized : Network;
        return images.TargetSize is not null || model.Classes == images.Classes.Count ? model : ModelDescriptionModule.withClasses(images.Classes.Count, model);
    }

    /// <summary>Whether their classes are those of the data, in another order.</summary>
    public bool HasClassesInOtherOrder(Examples images) =>
        Classes is not null && !Classes.SequenceEqual(images.Classes) && ClassOrder.AreSameNames(Classes, images.Classes);

    /// <summary>The data, normalized as the weights' images were: that holds unless somebody has said how the data are.</summary>
    public Dataset Normalized(Dataset data) =>
        data.GivenNormalization is null && Normalization is { } own && own.Means.Count == data.Train.Channels && !own.IsSame(data.Normalization)
            ? data with { GivenNormalization = own, HasNormalizationOfStart = true } : data;

    // the latent weights are in the checkpoints; network.bnn has their signs
    private static GivenWeights OfFolder(string folder)
    {
        var notes = new List<string>();
        BnnFileException? damage = null;
        foreach (var file in CheckpointFolder.Files(folder))
        {
            GivenWeights found;
            try
            {
                found = OfOwnFile(file) with { Notes = notes };
            }
            catch (BnnFileException e)
            {
                damage = e;
                notes.Add($"{e.Path}: {e.Problem}; the checkpoint before it is taken");
                continue;
            }

            RequireOwn(folder, file);
            return found;
        }

        return damage is null ? OfOwnFile(BnnModelFile.InFolder(folder)) : throw new BnnFileException(
            folder, $"holds no checkpoint that is whole; the oldest: {damage.Problem}", "give its network.bnn, which has the signs of the weights", damage);
    }

    /// <summary>A checkpoint beside a recipe.json is of that run.</summary>
    private static void RequireOwn(string folder, string file)
    {
        if (RunIdentity.TryRead(Path.Combine(folder, CheckpointFolder.Name)) is { } run && Checkpoint.TryIdentityOf(file) is { } its
            && RunIdentity.Differences(its, run, folder) is { Count: > 0 } differences)
        {
            throw new BnnFileException(
                file, $"is a checkpoint of another training than {RunIdentity.FileName} beside it ({RunIdentity.InWords(differences)} differ)",
                "move it away, or start from that file itself");
        }
    }

    private static GivenWeights OfOwnFile(string file) => OfOwn(file, ModelFile.Read(file, new()));

    private static GivenWeights OfOwn(string file, FileContent content)
    {
        var (header, tensors, runsModel) = BnnModelFile.Own(content, file);
        return new(file, tensors, runsModel ?? header.Model) { Normalization = header.Normalization, Classes = header.Classes };
    }

    private static GivenWeights Foreign(string file, FileContent content)
    {
        var (prefix, tensors) = BnnModelFile.KnownNames(content.Tensors);
        return new(file, tensors, BnnModelFile.Recognized(tensors))
        {
            Candidates = BnnModelFile.Candidates(tensors),
            Notes = [.. BnnModelFile.PrefixInWords(prefix), .. content.LeftOut.Select(name => $"{name} of its file is no tensor, and left out")],
        };
    }
}
