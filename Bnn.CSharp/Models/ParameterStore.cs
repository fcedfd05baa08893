using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A tensor of a network: a parameter or a buffer. It has a value once the store is allocated.</summary>
internal sealed class NetworkTensor(string name, long[] shape, Func<Generator, Tensor> initial, bool isCounter = false)
{
    private Tensor? value;

    public string Name => name;

    public long[] Shape => shape;

    /// <summary>Whether it is a whole number, of batches that batch norm has seen.</summary>
    public bool IsCounter => isCounter;

    /// <summary>How many numbers it has. A shape with more than can be counted is an OverflowException.</summary>
    public long Count { get; } = shape.Aggregate(1L, (a, b) => checked(a * b));

    public Tensor Value
    {
        get => value ?? throw new InvalidOperationException($"{name} has no memory yet");
        internal set => this.value = value;
    }

    internal Tensor Initial(Generator generator) => initial(generator);
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

/// <summary>All tensors of a network. Layers declare them; <see cref="Allocate"/> gives them memory, group by group, so that
/// one kernel call updates a group.</summary>
internal sealed class ParameterStore : IDisposable
{
    private readonly List<(NetworkTensor Tensor, ParameterGroup? Group)> declared = [];
    private readonly List<FlatGroup> groups = [];
    private readonly List<string> signs = [];

    /// <summary>Parameters and buffers in the order of declaration.</summary>
    public IEnumerable<NetworkTensor> All => declared.Select(entry => entry.Tensor);

    /// <summary>The parameters and their groups in the order of declaration.</summary>
    public IEnumerable<(NetworkTensor Tensor, ParameterGroup Group)> Parameters =>
        declared.Where(entry => entry.Group is not null).Select(entry => (entry.Tensor, entry.Group!.Value));

    /// <summary>The groups that have parameters, once allocated.</summary>
    public IReadOnlyList<FlatGroup> Groups => groups;

    public NetworkTensor Parameter(string name, ParameterGroup group, long[] shape, Func<Generator, Tensor> initial) =>
        Declare(new(name, shape, initial), group);

    /// <summary>Something that is saved but not learned, such as a running mean.</summary>
    public NetworkTensor Buffer(string name, long[] shape, Func<Generator, Tensor> initial) =>
        Declare(new(name, shape, initial), null);

    /// <summary>A whole number that is saved, 0 at first.</summary>
    public NetworkTensor Counter(string name) => Declare(new(name, [], _ => zeros([], ScalarType.Int64), isCounter: true), null);

    /// <summary>The signs, whose inputs may saturate, in the order of declaration.</summary>
    public IReadOnlyList<string> SignNames => signs;

    /// <summary>Declares a sign; gives its number, from 0.</summary>
    public int NumberOfSign(string name)
    {
        signs.Add(name);
        return signs.Count - 1;
    }

    /// <summary>How many numbers a group learns.</summary>
    public long Count(ParameterGroup group) =>
        declared.Where(entry => entry.Group == group).Sum(entry => entry.Tensor.Count);

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
        var initial = declared.ToDictionary(entry => entry.Tensor, entry => entry.Tensor.Initial(generator));
        foreach (var group in ParameterGroupModule.all)
        {
            var members = declared.Where(entry => entry.Group == group).Select(entry => entry.Tensor).ToList();
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
                var parameter = new TorchSharp.Modules.Parameter(view, requires_grad: true)
                {
                    grad = flat.Gradients.narrow(0, offset, member.Count).view(member.Shape),
                };
                member.Value = parameter.DetachFromDisposeScope();
                // A learned shift 1 x C x 1 x 1 has a number a channel, as a vector has.
                var channels = member.Shape.FirstOrDefault(size => size > 1, 1);
                places.Add((offset, (int)channels, member.Count / channels));
                offset += member.Count;
            }
        }

        foreach (var (buffer, _) in declared.Where(entry => entry.Group is null))
        {
            var value = initial[buffer];
            var own = value.is_floating_point() ? value.to(type, device, copy: true) : value.to(device, copy: true);
            buffer.Value = own.DetachFromDisposeScope();
        }
    }

    public void Dispose()
    {
        foreach (var group in groups)
        {
            group.Dispose();
        }

        if (groups.Count > 0)
        {
            foreach (var tensor in All)
            {
                tensor.Value.Dispose();
            }
        }
    }

    private NetworkTensor Declare(NetworkTensor tensor, ParameterGroup? group)
    {
        declared.Add((tensor, group));
        return tensor;
    }
}
