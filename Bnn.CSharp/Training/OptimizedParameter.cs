using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A parameter of the user's that a rule changes.</summary>
/// <param name="Name">Its name in the module; of a list its place, as <c>0.3</c>: the fourth of the first list.</param>
/// <param name="Tensor">Its numbers.</param>
/// <param name="Group">What it is.</param>
internal sealed record OptimizedParameter(string Name, Parameter Tensor, ParameterGroup Group)
{
    private readonly long[] shape = Tensor.shape;

    /// <summary>Its shape.</summary>
    public IReadOnlyList<long> Shape => shape;

    /// <summary>The type of its numbers.</summary>
    public ScalarType Type { get; } = Tensor.dtype;

    /// <summary>Where it is.</summary>
    public Device Device { get; } = Tensor.device;

    /// <summary>How many numbers it has.</summary>
    public long Count { get; } = Tensor.numel();

    /// <summary>How its numbers belong to output channels; there are some.</summary>
    public ChannelLayout Layout => ChannelLayout.Parameter(
        Group is ParameterGroup.BinaryWeights or ParameterGroup.RealConvolutions or ParameterGroup.Classifier && shape.Length > 1, shape);

    /// <summary>Its native handle, as long as it is the tensor that it was.</summary>
    /// <exception cref="InvalidOperationException">It is disposed, or of another type, size or device.</exception>
    public nint Handle
    {
        get
        {
            if (Tensor.IsInvalid)
            {
                throw new InvalidOperationException(
                    $"{Name} is disposed, as a module's parameters are when it is moved or converted; make the optimizer after that");
            }

            Require(Tensor.Handle, "");
            return Tensor.Handle;
        }
    }

    /// <summary>Requires that a tensor can be read as the parameter's numbers are.</summary>
    /// <param name="tensor">Its handle.</param>
    /// <param name="what">What it is of the parameter, as the error's first words.</param>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public void Require(nint tensor, string what)
    {
        if (TensorHandle.IsSparse(tensor))
        {
            throw new InvalidOperationException($"{what}{Name} is sparse; rules take dense tensors");
        }

        if (TensorHandle.Type(tensor) != Type || TensorHandle.Count(tensor) != Count || TensorHandle.Device(tensor) != Device.type)
        {
            throw new InvalidOperationException(
                $"{what}{Name} has {TensorHandle.Count(tensor)} numbers of {TensorHandle.Type(tensor)} on {TensorHandle.Device(tensor)}; it must have {Count} "
                + $"of {Type} on {Device.type}, as the parameter had when the optimizer was made");
        }
    }

    /// <summary>A module's parameters, in order of their groups: of this library's networks, which may be parts of the module, with the groups
    /// that they have there; weights of torch's convolutions; of others by shape.</summary>
    public static IReadOnlyList<OptimizedParameter> Of(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var known = new Dictionary<nint, (int Place, ParameterGroup Group)>();
        foreach (var own in module.modules().Prepend(module).OfType<BnnModule>())
        {
            var tensors = own.named_parameters().ToDictionary(parameter => parameter.name, parameter => parameter.parameter);
            foreach (var (name, group) in own.Groups)
            {
                known.TryAdd(tensors[name].Handle, (known.Count, group));
            }
        }

        var convolutions = module.modules().Prepend(module).OfType<TorchSharp.Modules.Convolution>()
            .SelectMany(layer => layer.named_parameters(recurse: false)).Where(parameter => parameter.name == "weight")
            .Select(parameter => parameter.parameter.Handle).ToHashSet();

        // the network's own order, so that sums over its parameters are added up as its trainer does
        return Ordered(module.named_parameters()
            .OrderBy(parameter => known.TryGetValue(parameter.parameter.Handle, out var place) ? place.Place : known.Count)
            .Select(parameter => new OptimizedParameter(
                parameter.name, parameter.parameter,
                known.TryGetValue(parameter.parameter.Handle, out var place) ? place.Group
                : convolutions.Contains(parameter.parameter.Handle) ? ParameterGroup.RealConvolutions : ByShape(parameter.parameter))));
    }

    /// <summary>The parameters of lists, in order of their groups.</summary>
    public static IReadOnlyList<OptimizedParameter> Of(IEnumerable<(IEnumerable<Parameter> Parameters, ParameterGroup Group)> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        var all = lists.ToList();
        var faults = ParameterGroupModule.validate("parameters: group", all.Select(list => list.Group).DefaultIfEmpty());
        FaultModule.require(faults);
        return Ordered(all.SelectMany((list, at) => Given(list.Parameters, at).Select(
            (parameter, place) => new OptimizedParameter($"{at}.{place}", parameter, list.Group))));
    }

    /// <summary>All that is wrong with parameters that a rule is to change together.</summary>
    public static IEnumerable<Fault> Faults(IReadOnlyList<OptimizedParameter> parameters)
    {
        if (parameters.Count == 0)
        {
            yield return Fault.Problem("parameters", "there are none", "give at least one parameter");
        }

        var seen = new Dictionary<(string, nint), string>();
        foreach (var parameter in parameters)
        {
            if (parameter.Type is not (ScalarType.Float32 or ScalarType.Float64))
            {
                yield return new Fault(parameter.Name, $"of type {parameter.Type}", "Float32 or Float64");
            }
            else if (TensorHandle.IsSparse(parameter.Tensor.Handle))
            {
                yield return new Fault(parameter.Name, "sparse", "a dense tensor");
            }
            else if (parameter.Count > 0
                && !seen.TryAdd((parameter.Device.ToString(), TensorHandle.Address(parameter.Tensor.Handle)), parameter.Name))
            {
                var place = (parameter.Device.ToString(), TensorHandle.Address(parameter.Tensor.Handle));
                yield return new Fault(parameter.Name, $"in the memory of {seen[place]}", "each parameter once, in memory of its own");
            }
        }
    }

    private static IReadOnlyList<OptimizedParameter> Ordered(IEnumerable<OptimizedParameter> parameters) =>
        [.. parameters.OrderBy(parameter => parameter.Group)];

    private static IEnumerable<Parameter> Given(IEnumerable<Parameter> parameters, int list)
    {
        var all = parameters?.ToList();
        return all is null || all.Contains(null!)
            ? throw new BnnConfigurationException([new Fault($"parameters: list {list}", "null, or holding null", "a list of parameters")])
            : all;
    }

    private static ParameterGroup ByShape(Parameter parameter) => parameter.Dimensions switch
    {
        4 => ParameterGroup.RealConvolutions,
        2 => ParameterGroup.Classifier,
        _ => ParameterGroup.Norms,
    };
}
