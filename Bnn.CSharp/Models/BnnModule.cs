using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network as a torch module, for training loops of one's own and the optimizers of <c>torch.optim</c>. Its parameters and buffers have
/// their names in the network, as its files have them; <c>train()</c> and <c>eval()</c> choose as in torch. What a training of this library advances by
/// itself is set here: what is binary, and the iteration that schedules and noise read.</summary>
public sealed class BnnModule : nn.Module<Tensor, Tensor>
{
    private readonly TorchNetwork network;
    private readonly List<(NetworkTensor Tensor, nn.Module Owner, string Name)> places = [];
    private readonly Lifetime lifetime;

    internal BnnModule(TorchNetwork network)
        : base(network.Description.Name)
    {
        this.network = network;
        lifetime = new($"the module {network.Description.Name}", () =>
        {
            network.Dispose();
            base.Dispose(true);
        });
        var root = new Part("");
        foreach (var tensor in network.Store.All)
        {
            var names = tensor.Name.Split('.');
            if (names is [var own])
            {
                // only what a formula learns may have a name without dots
                register_parameter(own, tensor.AsParameter());
                places.Add((tensor, this, own));
                continue;
            }

            var part = names[..^1].Aggregate(root, (parent, name) => parent.Child(name));
            part.Add(names[^1], tensor);
            places.Add((tensor, part, names[^1]));
        }

        foreach (var (name, part) in root.Parts)
        {
            register_module(name, part);
        }
    }

    /// <summary>The network as a value.</summary>
    public ModelDescription Description => network.Description;

    /// <summary>Whether activations are binarized; else they are clipped to -1..1. Default: true.</summary>
    public bool BinaryActivations { get; set; } = true;

    /// <summary>Whether weights are binarized; else the latent weights are used. Default: true.</summary>
    public bool BinaryWeights { get; set; } = true;

    /// <summary>t, from 1: set it before each step where a binarizer reads t or noise. Default: 1.</summary>
    public int Iteration { get; set; } = 1;

    /// <summary>T, how many iterations there will be; 0, the default, where that is not known.</summary>
    public int Iterations { get; set; }

    /// <summary>What noise is drawn from, with t, the layer and the number's place. Default: 1.</summary>
    public long NoiseSeed { get; set; } = 1;

    /// <summary>What went wrong in a backward pass, until the next forward pass or step says so.</summary>
    internal BackwardFaults Faults { get; } = new();

    /// <summary>The group of each parameter by its name: what update rules and weight decay tell apart.</summary>
    public IReadOnlyDictionary<string, ParameterGroup> Groups => network.Store.Parameters.ToDictionary(
        parameter => parameter.Tensor.Name, parameter => parameter.Group);

    /// <summary>The output for a batch N x C x H x W of the network's size: logits N x classes of a classifier.</summary>
    /// <exception cref="ArgumentException">The batch has another size.</exception>
    /// <exception cref="ObjectDisposedException">The module was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The backward pass of the last output failed in one of its layers: its gradients are not whole.</exception>
    /// <exception cref="BnnConfigurationException"><see cref="Iteration"/> or <see cref="Iterations"/> is out of range.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var size = Description.Input;
        if (input.numel() == 0 || !input.shape.Skip(1).SequenceEqual([size.Channels, size.Height, size.Width]))
        {
            throw new ArgumentException($"the batch is {InvariantText.Join(" x ", input.shape)}; the network takes N x {size}, N at least 1", nameof(input));
        }

        if (Iteration < 1 || Iterations < 0 || (Iterations > 0 && Iteration > Iterations))
        {
            throw new BnnConfigurationException([new Fault("Iteration", $"{Iteration} of {Iterations}", "1 to Iterations, or Iterations 0 where it is not known")]);
        }

        Faults.Throw();

        // What is computed on the way is held until the end: a tensor that nothing holds may be collected while libtorch still reads it.
        using var use = lifetime.Begin();
        using var scope = NewDisposeScope();

        // A module that was moved or loaded has other tensors under the same names.
        foreach (var (tensor, owner, name) in places)
        {
            tensor.Value = (Tensor?)owner.get_parameter(name) ?? owner.get_buffer(name)!;
        }

        var mode = new NetworkMode(training, BinaryActivations, BinaryWeights, Moment: new TrainingMoment(Iteration, Iterations, NoiseSeed)) { Faults = Faults };
        var output = network.Forward(input, mode);
        GC.KeepAlive(input);
        return ReferenceEquals(output, input) ? output : output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lifetime.End();
        }
        else
        {
            base.Dispose(disposing);
        }
    }

    /// <summary>What has a name between two dots.</summary>
    private sealed class Part(string name) : nn.Module(name)
    {
        private readonly Dictionary<string, Part> parts = [];

        public IReadOnlyDictionary<string, Part> Parts => parts;

        public Part Child(string child)
        {
            if (!parts.TryGetValue(child, out var part))
            {
                parts[child] = part = new(child);
                register_module(child, part);
            }

            return part;
        }

        public void Add(string tensorName, NetworkTensor tensor)
        {
            if (tensor.Group is null)
            {
                register_buffer(tensorName, tensor.Value);
            }
            else
            {
                register_parameter(tensorName, tensor.AsParameter());
            }
        }
    }
}

/// <summary>Networks in torch.</summary>
public static class TorchMembers
{
    /// <summary>The network as a torch module with first weights.</summary>
    /// <param name="model">The network.</param>
    /// <param name="seed">What the first weights are drawn from; default 1.</param>
    /// <param name="device">Where its memory is; null for the CPU.</param>
    /// <param name="type">The type of its numbers: float32, the default, or float64.</param>
    /// <exception cref="BnnConfigurationException">Something is wrong with the network; lists every fault.</exception>
    public static BnnModule ToModule(
        this ModelDescription model, long seed = 1, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(model);
        return type is ScalarType.Float32 or ScalarType.Float64
            ? new(TorchNetwork.Create(model, seed, device, type))
            : throw new BnnConfigurationException([new Fault("type", $"{type}", "Float32 or Float64")]);
    }
}
