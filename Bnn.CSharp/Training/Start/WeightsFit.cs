namespace Bnn;

/// <summary>Tensors beside those of a network: which are the same by name and shape.</summary>
/// <param name="Taken">The network's tensors that are given, with what is given for each.</param>
/// <param name="New">The network's tensors that are not, in its order.</param>
/// <param name="Left">What is given and is not the network's, under its own names.</param>
internal sealed record WeightsFit(
    IReadOnlyList<(NetworkTensor Own, NamedArray Given)> Taken, IReadOnlyList<NetworkTensor> New, IReadOnlyList<NamedArray> Left)
{
    private IReadOnlySet<string> OfClasses { get; init; } = new HashSet<string>();

    private IReadOnlyList<string> Twice { get; init; } = [];

    /// <summary>Compares tensors with those of a sound network. Binary weights of a released network, in a column, are its weights.</summary>
    public static WeightsFit Of(IReadOnlyList<NamedArray> given, ModelDescription model)
    {
        var own = TensorsOf(model);
        var shapes = own.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        var named = NamePrefix.Off(given, shapes).Tensors.Select(array => (Array: array, Read: NetworkTensors.Reshaped(array, shapes))).ToList();
        var found = named.DistinctBy(pair => pair.Read.Name).ToDictionary(pair => pair.Read.Name, pair => pair.Read);
        var taken = own.Where(tensor => found.TryGetValue(tensor.Name, out var array) && Fits(tensor, array)).ToList();
        var names = taken.Select(tensor => tensor.Name).ToHashSet();
        return new(
            [.. taken.Select(tensor => (tensor, found[tensor.Name]))], [.. own.Except(taken)],
            [.. named.Where(pair => !names.Contains(pair.Read.Name)).Select(pair => pair.Array)])
        {
            OfClasses = OfOtherClasses(model, found),
            Twice = [.. named.GroupBy(pair => pair.Read.Name).Where(group => group.Count() > 1).Select(group => group.Key)],
        };
    }

    /// <summary>What keeps the weights from being taken, in words; null where nothing does. A classifier of another number of classes does not,
    /// nor does the lack of batch norm's counters, which old files have not.</summary>
    /// <param name="isPartial">Whether it is enough that something fits.</param>
    public string? Problems(bool isPartial)
    {
        var left = Left.DistinctBy(array => array.Name).ToDictionary(array => array.Name);
        var missed = New.Where(tensor => !OfClasses.Contains(tensor.Name)).ToLookup(tensor => left.ContainsKey(tensor.Name));
        var own = New.Concat(Taken.Select(pair => pair.Own)).Select(tensor => tensor.Name).ToHashSet();
        var problems = new List<string>();
        void Add(string what, IEnumerable<string> names)
        {
            if (names.ToList() is { Count: > 0 } list)
            {
                problems.Add($"{what} {TakenWeights.Listed(list)}");
            }
        }

        Add("twice there:", Twice);
        if (!isPartial)
        {
            Add("missing:", missed[false].Where(tensor => !tensor.IsCounter).Select(tensor => $"{tensor.Name} {Shown(tensor.Shape)}"));
            Add("left over:", Left.Where(array => !own.Contains(array.Name)).Select(array => $"{array.Name} {Shown(array.Shape)}"));
            Add("misshapen:", missed[true].Select(tensor => Misshapen(tensor, left[tensor.Name])));
        }

        if (problems.Count == 0 && Taken.All(pair => pair.Own.IsCounter))
        {
            problems.Add("none of its tensors fits");
        }

        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    /// <summary>The tensors whose shapes follow the number of classes, and their dimension that does.</summary>
    public static IReadOnlyDictionary<string, int> AxesOfClasses(ModelDescription model)
    {
        var wider = ShapesOf(model, model.Classes + 1);
        var axes = new Dictionary<string, int>();
        foreach (var tensor in TensorsOf(model))
        {
            var axis = wider is null ? tensor.Shape.Length : tensor.Shape.Zip(wider[tensor.Name]).TakeWhile(sizes => sizes.First == sizes.Second).Count();
            if (axis < tensor.Shape.Length)
            {
                axes[tensor.Name] = axis;
            }
        }

        return axes;
    }

    /// <summary>The tensors whose shapes follow the number of classes, where all that are given are of another number of them: a classifier
    /// for other classes. Empty elsewhere.</summary>
    private static HashSet<string> OfOtherClasses(ModelDescription model, Dictionary<string, NamedArray> found)
    {
        var own = TensorsOf(model);
        if (ShapesOf(model, model.Classes + 1) is not { } wider || found.Count == 0)
        {
            return [];
        }

        var following = own.Where(tensor => wider.TryGetValue(tensor.Name, out var shape) && !shape.SequenceEqual(tensor.Shape)).ToList();
        if (following.Find(tensor => found.ContainsKey(tensor.Name)) is not { } first)
        {
            return [];
        }

        var place = first.Shape.Zip(wider[first.Name]).TakeWhile(sizes => sizes.First == sizes.Second).Count();
        var classes = found[first.Name].Shape.ElementAtOrDefault(place);
        var isOfOthers = classes is >= 1 and <= int.MaxValue && classes != model.Classes && ShapesOf(model, (int)classes) is { } others
            && following.TrueForAll(tensor => !found.TryGetValue(tensor.Name, out var array) || array.Shape.SequenceEqual(others[tensor.Name]));
        return isOfOthers ? [.. following.Select(tensor => tensor.Name)] : [];
    }

    /// <summary>The shapes of the network's tensors with so many classes; null where it cannot have so many.</summary>
    private static Dictionary<string, long[]>? ShapesOf(ModelDescription model, int classes)
    {
        try
        {
            return TensorsOf(ModelDescriptionModule.withClasses(classes, model)).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        }
        catch (BnnConfigurationException)
        {
            return null;
        }
    }

    private static IReadOnlyList<NetworkTensor> TensorsOf(ModelDescription model) =>
        new ParameterStore(NetworkModule.tensors(model.Input, model.Network)).All;

    private static bool Fits(NetworkTensor own, NamedArray array) =>
        own.Shape.SequenceEqual(array.Shape) && own.IsCounter != NetworkTensors.IsFloat(array.Dtype);

    private static string Misshapen(NetworkTensor own, NamedArray array) => own.Shape.SequenceEqual(array.Shape)
        ? $"{own.Name} of {array.Dtype}"
        : $"{own.Name} {Shown(array.Shape)} for {Shown(own.Shape)}";

    private static string Shown(long[] shape) => $"[{InvariantText.Join(", ", shape)}]";
}
