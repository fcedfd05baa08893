using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>What training minimizes, as a value: <see cref="Objectives"/> makes them.</summary>
public abstract record Objective
{
    private protected Objective()
    {
    }

    /// <summary>What reports and recipe.json call it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it needs examples with classes.</summary>
    internal virtual bool NeedsClasses => false;

    /// <summary>The network whose outputs it takes; null where there is none.</summary>
    internal virtual BnnModel? LearnsFrom => null;

    /// <summary>The loss of each example, N numbers.</summary>
    internal abstract Tensor OfEach(in Outcome outcome);

    /// <summary>The mean loss over the batch, one number.</summary>
    internal virtual Tensor Mean(in Outcome outcome) => OfEach(outcome).mean();

    /// <summary>The same with the labels' share of it smoothed; null where there is none.</summary>
    internal virtual Objective? Smoothed(double share) => null;

    /// <summary>All that is wrong with its options.</summary>
    internal virtual IEnumerable<Fault> Validate() => [];

    /// <summary>All that is wrong with it for a network and the classes of its examples.</summary>
    internal virtual IEnumerable<Fault> Validate(ModelDescription model, IReadOnlyList<string> classes) => [];

    /// <summary>The same for examples of these classes, in this order.</summary>
    internal virtual Objective For(IReadOnlyList<string> classes) => this;

    /// <summary>What identifies it in a run's recipe, its options too.</summary>
    internal virtual JsonObject ToJson() => new() { ["name"] = Name };

    /// <summary>In words, for descriptions.</summary>
    private protected virtual string InWords => Name;

    // sealed: a record writes one of its own otherwise
    /// <summary>In words, with its options.</summary>
    public sealed override string ToString() => InWords;
}

/// <summary>What a network made of a batch.</summary>
/// <param name="Inputs">The batch, normalized, N x C x H x W.</param>
/// <param name="Outputs">The network's outputs: logits N x classes, or N x C x H x W.</param>
/// <param name="Target">The classes, N whole numbers; or what the outputs should be, of their size.</param>
/// <param name="Normalization">How inputs are normalized.</param>
internal readonly record struct Outcome(Tensor Inputs, Tensor Outputs, Tensor Target, Normalization Normalization)
{
    /// <summary>Whether targets are classes.</summary>
    public bool HasClasses => Target.dtype == ScalarType.Int64;
}

/// <summary>Objectives that training can minimize.</summary>
public static class Objectives
{
    /// <summary>- sum_k q_k log softmax(outputs)_k, the mean over the batch, with q = (1 - e) at the label + e / classes everywhere (Szegedy et al.,
    /// 2015, section 7). The default.</summary>
    /// <param name="labelSmoothing">e, 0 to 1, 1 excluded; default 0. 0.1 is usual.</param>
    public static Objective CrossEntropy(double labelSmoothing = 0) => new CrossEntropy(labelSmoothing);

    /// <summary>Learns from a trained network's outputs: (1 - a) T^2 (- sum softmax(teacher / T) log_softmax(outputs / T)) + a cross-entropy(outputs,
    /// label), the mean over the batch. The defaults give the paper's distributional loss (section 5.1); T and a are Hinton et al.'s (2015).</summary>
    /// <param name="teacher">A network for the same examples and classes, which are told by their names, in any order. It stays the caller's. Where it was trained with another normalization,
    /// it sees examples by its own.</param>
    /// <param name="temperature">T, above 0; default 1.</param>
    /// <param name="hardLabels">a, the labels' share of the loss, 0 to 1; default 0.</param>
    /// <param name="labelSmoothing">The labels' smoothing, as in <see cref="CrossEntropy"/>.</param>
    public static Objective Distributional(BnnModel teacher, double temperature = 1, double hardLabels = 0, double labelSmoothing = 0)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        return new Distributional(teacher, temperature, hardLabels, new(labelSmoothing));
    }

    /// <summary>The mean of (outputs - target)^2 over all numbers of the batch. Where examples have classes, the target is 1 at the label and 0
    /// elsewhere.</summary>
    public static Objective MeanSquaredError() => new MeanSquaredError();

    /// <summary>A function of one's own.</summary>
    /// <param name="name">What reports call it.</param>
    /// <param name="version">The author's version of it, not empty. A saved run goes on with the same name and version only, so change it with the
    /// function.</param>
    /// <param name="loss">From (outputs, target) to one number, the mean over the batch, through which torch can differentiate. Outputs are
    /// N x classes and the target N whole numbers where examples have classes; else both are N x C x H x W, or N x C for vectors.</param>
    public static Objective Own(string name, string version, Func<Tensor, Tensor, Tensor> loss)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(version);
        ArgumentNullException.ThrowIfNull(loss);
        return new OwnObjective(name, version, loss);
    }
}
