namespace Bnn;

/// <summary>The tensors of a model, found in a file of PyTorch.</summary>
/// <param name="Tensors">The tensors in the file's order, with the names that they have there.</param>
/// <param name="Key">The key under which they were; null where they are all that the file holds.</param>
/// <param name="Others">What the file holds besides, by name, for instance <c>optimizer</c>; none of it is in Tensors, and of its tensors no number is read.</param>
/// <param name="LeftOut">What its dict holds beside tensors, and is left out because that was asked for.</param>
/// <param name="Attributes">What was set on the dict beside its entries; null where there is nothing.</param>
internal sealed record StateDict(
    IReadOnlyList<NamedArray> Tensors, string? Key, IReadOnlyList<KeyValuePair<string, PickleValue>> Others, IReadOnlyList<string> LeftOut,
    PickleDict? Attributes)
{
    private const int MostLevels = 3;

    private const string Remedy = "save the model with torch.save(model.state_dict(), path), or as one of the keys state_dict, model_state_dict, model";

    private static readonly string[] Usual = ["state_dict", "model_state_dict", "model"];

    /// <summary>Finds the tensors: the file's dict where it holds nothing but tensors, else the one dict of tensors in it, or in a dict in it, under whatever key. Nothing in
    /// that dict is passed over: what is no tensor is an error.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="key">Where it is, in dicts within dicts with slashes between; null: the only one.</param>
    /// <param name="leaveOutOthers">Whether what it holds beside tensors is left out and listed; else that is a fault.</param>
    /// <exception cref="BnnFileException">There is no such dict, there are several, or it holds something else than tensors by name.</exception>
    public static StateDict Find(PyTorchContent file, string path, string? key, bool leaveOutOthers)
    {
        var root = file.Outline();
        if (root is not PickleDict top)
        {
            throw Fault(path, root is PickleUnread unread ? $"holds {unread.Name}, which is neither a tensor nor plain data" : "holds no dict, but something else");
        }

        if (key is null && IsOfTensors(top))
        {
            return Of(file, new("", top), top, leaveOutOthers, path);
        }

        var dicts = Within("", top, MostLevels).ToList();
        if (key is { } wanted)
        {
            return dicts.Find(dict => dict.Path == wanted) is { } chosen
                ? Of(file, chosen, top, leaveOutOthers, path)
                : throw Fault(path, $"has no dict {wanted}; its dicts are {Listed(dicts.Select(dict => dict.Path))}");
        }

        return Likely(dicts, new("", top)) switch
        {
            [var only] => Of(file, only, top, leaveOutOthers, path),
            [] => throw Fault(path, $"holds no state_dict; its keys are {Listed(top.Entries.Select(Name))}"),
            var found => throw new BnnFileException(
                path, $"holds several dicts that may be the state_dict: {Listed(found.Select(part => part.Path))}",
                $"say which it is: new ImportOptions {{ Key = \"{found[0].Path}\" }} for BnnModel.Import, or key: for StartingFrom and WeightsFile.Read"),
        };
    }

    /// <summary>The dicts that may be the one: those of tensors alone that have at least half as many as the largest has, so that the state of a loss beside a network is none; else
    /// those that have the name of one; else all of the file, where most of it is tensors.</summary>
    private static List<Part> Likely(List<Part> dicts, Part top)
    {
        var ofTensors = dicts.Where(dict => IsOfTensors(dict.Dict)).ToList();
        var most = ofTensors.Select(dict => dict.Dict.Entries.Count).DefaultIfEmpty().Max();
        List<Part> named = [.. dicts.Where(dict => Usual.Contains(dict.Path))];
        return ofTensors.Count > 0 ? [.. ofTensors.Where(dict => 2 * dict.Dict.Entries.Count >= most)]
            : named.Count > 0 ? named
            : 2 * top.Dict.Entries.Count(IsTensor) > top.Dict.Entries.Count ? [top] : [];
    }

    /// <summary>The dicts in a dict, and in these, by their keys one after another with a slash between.</summary>
    private static IEnumerable<Part> Within(string path, PickleDict dict, int levels)
    {
        foreach (var entry in dict.Entries)
        {
            if (entry is { Key: PickleText, Value: PickleDict inner } && levels > 0)
            {
                var part = new Part(path + (path.Length > 0 ? "/" : "") + Name(entry), inner);
                yield return part;
                foreach (var deeper in IsOfTensors(inner) ? [] : Within(part.Path, inner, levels - 1))
                {
                    yield return deeper;
                }
            }
        }
    }

    private static bool IsTensor(KeyValuePair<PickleValue, PickleValue> entry) => entry is { Key: PickleText, Value: PickleTensor };

    private static bool IsOfTensors(PickleDict dict) => dict.Entries.Count > 0 && dict.Entries.All(IsTensor);

    private static StateDict Of(PyTorchContent file, Part part, PickleDict top, bool leaveOutOthers, string path)
    {
        var (tensors, rest) = (part.Dict.Entries.Where(IsTensor).ToList(), part.Dict.Entries.Where(entry => !IsTensor(entry)).Select(Shown).ToList());
        if (tensors.Count == 0 || (rest.Count > 0 && !leaveOutOthers))
        {
            var place = part.Path.Length > 0 ? $"in its {part.Path}" : "beside these";
            throw new BnnFileException(
                path, $"has something else than tensors by name {place}: {Listed(rest.DefaultIfEmpty("nothing at all"))}",
                tensors.Count == 0 ? Remedy : $"{Remedy}; or leave it out: BnnModel.Import with new ImportOptions {{ LeaveOutOthers = true }}");
        }

        var numbers = file.Load([.. tensors.Select(entry => (PickleTensor)entry.Value)]);
        var first = part.Path.Split('/')[0];
        return new StateDict(
            [.. tensors.Zip(numbers).Select(pair => pair.Second.Named(((PickleText)pair.First.Key).Value))], part.Path.Length > 0 ? part.Path : null,
            part.Path.Length == 0 ? [] : [.. top.Entries.Where(entry => Name(entry) != first).Select(entry => KeyValuePair.Create(Name(entry), entry.Value))],
            rest, part.Dict.Attributes);
    }

    private static string Shown(KeyValuePair<PickleValue, PickleValue> entry) =>
        Name(entry) + (entry.Value is PickleUnread unread ? $" ({unread.Name})" : "");

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

    private static BnnFileException Fault(string path, string problem) => new(path, problem, Remedy);

    private sealed record Part(string Path, PickleDict Dict);
}
