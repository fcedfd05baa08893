namespace Bnn;

/// <summary>The tensors of a model, found in a file of PyTorch.</summary>
/// <param name="Tensors">The tensors in the file's order, their names without the prefix.</param>
/// <param name="Key">The key under which they were; null where they are all that the file holds.</param>
/// <param name="Prefix">What every name began with and is taken off: <c>module.</c>, which DataParallel adds, or nothing.</param>
/// <param name="Others">What the file holds besides, by name, for instance <c>optimizer</c>; none of it is in Tensors.</param>
/// <param name="Attributes">What was set on the dict beside its entries; null where there is nothing.</param>
internal sealed record StateDict(
    IReadOnlyList<NamedArray> Tensors, string? Key, string Prefix, IReadOnlyList<KeyValuePair<string, PickleValue>> Others,
    PickleDict? Attributes)
{
    private const string DataParallel = "module.";

    private static readonly string[] Usual = ["state_dict", "model_state_dict", "model"];

    /// <summary>Finds the tensors: the file's dict where it holds nothing but tensors, else what it has under one of the keys
    /// <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>. Nothing in that dict is passed over: what is no tensor is an error.</summary>
    /// <param name="root">What the file holds.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="BnnFileException">There is no such dict, there are several, or it holds something else than tensors by name.</exception>
    public static StateDict Find(PickleValue root, string path)
    {
        if (root is not PickleDict top)
        {
            throw Fault(path, "holds no dict, but something else");
        }

        if (IsOfTensors(top))
        {
            return Of(top, null, [], path);
        }

        var found = Usual.Where(key => top.Find(key) is PickleDict).ToList();
        return found is [var only]
            ? Of((PickleDict)top.Find(only)!, only, [.. top.Entries.Select(entry => KeyValuePair.Create(Name(entry), entry.Value)).Where(entry => entry.Key != only)], path)
            : throw Fault(
                path,
                found.Count == 0
                    ? $"holds no state_dict; its keys are {Listed(top.Entries.Select(Name))}"
                    : $"holds several dicts that may be the state_dict: {Listed(found)}");
    }

    private static bool IsOfTensors(PickleDict dict) =>
        dict.Entries.Count > 0 && dict.Entries.All(entry => entry is { Key: PickleText, Value: PickleTensor });

    private static StateDict Of(PickleDict dict, string? key, IReadOnlyList<KeyValuePair<string, PickleValue>> others, string path)
    {
        if (!IsOfTensors(dict))
        {
            throw Fault(
                path,
                $"has something else than tensors by name in its {key}: "
                + Listed(dict.Entries.Where(entry => entry is not { Key: PickleText, Value: PickleTensor }).Select(Name).DefaultIfEmpty("nothing at all")));
        }

        var tensors = dict.Entries.Select(entry => ((PickleTensor)entry.Value).Named(((PickleText)entry.Key).Value)).ToList();
        var prefix = tensors.TrueForAll(tensor => tensor.Name.StartsWith(DataParallel, StringComparison.Ordinal)) ? DataParallel : "";
        return new StateDict([.. tensors.Select(tensor => tensor with { Name = tensor.Name[prefix.Length..] })], key, prefix, others, dict.Attributes);
    }

    private static string Name(KeyValuePair<PickleValue, PickleValue> entry) => entry.Key switch
    {
        PickleText text => PickleCalls.Shown(text.Value),
        PickleInteger integer => InvariantText.Of(integer.Value),
        _ => "(no text)",
    };

    private static string Listed(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(20)) + (all.Count > 20 ? $" and {all.Count - 20} more" : "");
    }

    private static BnnFileException Fault(string path, string problem) => new(
        path, problem, "save the model with torch.save(model.state_dict(), path), or as one of the keys " + string.Join(", ", Usual));
}
