using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A tensor of a network: a parameter or a buffer. It has a value once the store is allocated.</summary>
internal sealed class NetworkTensor(TensorSpec spec)
{
    private Tensor? value;

    public string Name => spec.Name;

    public long[] Shape { get; } = [.. spec.Shape];

    /// <summary>What it is where it is learned; null for batch norm's statistics.</summary>
    public ParameterGroup? Group { get; } = spec.Group is { } group ? group.Value : null;

    /// <summary>Whether it is a whole number, of batches that batch norm has seen.</summary>
    public bool IsCounter => spec.First.IsCounter;

    /// <summary>How its numbers belong to output channels. A weight of a convolution or of a linear layer has them first; a learned shift
    /// 1 x C x 1 x 1 has a number a channel, as a vector has.</summary>
    public ChannelLayout Layout => ChannelLayout.Parameter(IsWeight, Shape);

    /// <summary>Whether it is the weight of a convolution or of a linear layer: an output channel may have several numbers.</summary>
    public bool IsWeight => spec.First.IsUniform && Shape.Length > 1;

    /// <summary>How many numbers it has.</summary>
    public long Count => spec.Count;

    /// <summary>The type of its numbers; before it has any, that of an ordinary network.</summary>
    public string Dtype => value is null ? (IsCounter ? "I64" : "F32") : TorchTypes.Dtype(value.dtype)!;

    public Tensor Value
    {
        get => value ?? throw new InvalidOperationException($"{Name} has no memory yet");
        internal set => this.value = value;
    }

    /// <summary>The value as a module registers it.</summary>
    /// <remarks>Made for modules alone: TorchSharp counts a parameter twice in <c>Tensor.TotalCount</c>, and takes back one.</remarks>
    public Parameter AsParameter()
    {
        var parameter = Value as Parameter ?? new Parameter(Value);
        Value = parameter;
        return parameter;
    }

    /// <summary>First values, as torch has them: weights uniform in +-1 / sqrt(inputs of an output).</summary>
    internal Tensor Initial(Generator generator) => spec.First switch
    {
        FirstValue.Uniform uniform => Uniform(Shape, generator).Times(2).Plus(-1).Over(Math.Sqrt(uniform.inputs)),
        FirstValue.Constant constant => Scalars.Full(Shape, constant.Item),
        _ => zeros([], ScalarType.Int64, CPU),
    };

    /// <summary>Numbers in [0, 1), whatever the user's default type and device are.</summary>
    internal static Tensor Uniform(long[] shape, Generator generator) => rand(shape, ScalarType.Float32, CPU, generator: generator);
}

/// <summary>The parameters of a group in one flat tensor, with their gradients in another. Each parameter is a view.</summary>
/// <param name="Group">What they are.</param>
/// <param name="Weights">All weights.</param>
/// <param name="Gradients">All gradients, in the same order.</param>
/// <param name="Tensors">Where each parameter lies: its first number, its output channels, and the numbers of a channel.</param>
internal sealed record FlatGroup(
    ParameterGroup Group, Tensor Weights, Tensor Gradients, IReadOnlyList<(long Offset, int Rows, long Length)> Tensors)
    : IDisposable
{
    /// <summary>The names of the parameters, in the order of <see cref="Tensors"/>.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public void Dispose()
    {
        Weights.Dispose();
        Gradients.Dispose();
    }
}

/// <summary>All tensors of a network. <see cref="Allocate"/> gives them memory, group by group, so that one kernel call updates a group.</summary>
internal sealed class ParameterStore : IDisposable
{
    private readonly List<FlatGroup> groups = [];
    private readonly Dictionary<string, NetworkTensor> named;

    public ParameterStore(IEnumerable<TensorSpec> tensors)
    {
        All = [.. tensors.Select(tensor => new NetworkTensor(tensor))];
        named = All.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>Parameters and buffers in the order of declaration.</summary>
    public IReadOnlyList<NetworkTensor> All { get; }

    /// <summary>The tensor of a name.</summary>
    public NetworkTensor this[string name] => named[name];

    /// <summary>The parameters and their groups in the order of declaration.</summary>
    public IEnumerable<(NetworkTensor Tensor, ParameterGroup Group)> Parameters =>
        All.Where(tensor => tensor.Group is not null).Select(tensor => (tensor, tensor.Group!.Value));

    /// <summary>The groups that have parameters, once allocated.</summary>
    public IReadOnlyList<FlatGroup> Groups => groups;

    /// <summary>Batch norm's running means and variances, one after another; null before they have memory, and where there are none.</summary>
    public Tensor? Statistics { get; private set; }

    /// <summary>How many numbers a group learns.</summary>
    public long Count(ParameterGroup group) =>
        All.Where(tensor => tensor.Group == group).Sum(tensor => tensor.Count);

    /// <summary>Gives every tensor its memory and first value.</summary>
    /// <exception cref="InvalidOperationException">It was done before.</exception>
    public void Allocate(Device device, ScalarType type, long seed)
    {
        if (groups.Count > 0)
        {
            throw new InvalidOperationException("the network has its memory already");
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var generator = new Generator((ulong)seed);
        var initial = All.ToDictionary(tensor => tensor, tensor => tensor.Initial(generator));
        foreach (var group in ParameterGroupModule.all)
        {
            var members = All.Where(tensor => tensor.Group == group).ToList();
            if (members.Count == 0)
            {
                continue;
            }

            var total = members.Sum(member => member.Count);
            var places = new List<(long, int, long)>();
            var flat = new FlatGroup(
                group, zeros(total, type, device).DetachFromDisposeScope(),
                zeros(total, type, device).DetachFromDisposeScope(), places)
            {
                Names = [.. members.Select(member => member.Name)],
            };
            groups.Add(flat);
            var offset = 0L;
            foreach (var member in members)
            {
                var view = flat.Weights.narrow(0, offset, member.Count).view(member.Shape);
                view.copy_(initial[member]);
                view.requires_grad = true;
                view.grad = flat.Gradients.narrow(0, offset, member.Count).view(member.Shape);
                member.Value = view.DetachFromDisposeScope();
                places.Add((offset, member.Layout.Rows, member.Layout.Length));
                offset += member.Count;
            }
        }

        foreach (var counter in All.Where(tensor => tensor.IsCounter))
        {
            counter.Value = initial[counter].to(device, copy: true).DetachFromDisposeScope();
        }

        AllocateStatistics([.. All.Where(tensor => tensor.Group is null && !tensor.IsCounter)], initial, type, device);
    }

    // in one piece, so that it costs one look to see that all are finite
    private void AllocateStatistics(
        IReadOnlyList<NetworkTensor> members, Dictionary<NetworkTensor, Tensor> initial, ScalarType type, Device device)
    {
        if (members.Count == 0)
        {
            return;
        }

        Statistics = cat([.. members.Select(member => initial[member].flatten())]).to(type, device, copy: true).DetachFromDisposeScope();
        var offset = 0L;
        foreach (var member in members)
        {
            member.Value = Statistics.narrow(0, offset, member.Count).view(member.Shape).DetachFromDisposeScope();
            offset += member.Count;
        }
    }

    public void Dispose()
    {
        foreach (var group in groups)
        {
            group.Dispose();
        }

        Statistics?.Dispose();
        if (groups.Count > 0)
        {
            foreach (var tensor in All)
            {
                tensor.Value.Dispose();
            }
        }
    }
}
