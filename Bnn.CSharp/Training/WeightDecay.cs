using System.Diagnostics.Contracts;
using Bnn.Core;

namespace Bnn;

/// <summary>How a stage's weights decay: at which rate, where in the update, and of which groups. A plain number is a constant
/// rate. Negative rates are allowed; the paper uses one.</summary>
public sealed record WeightDecay
{
    private static readonly IReadOnlyList<ParameterGroup> Convolutions = [ParameterGroup.BinaryWeights, ParameterGroup.RealConvolutions];

    private WeightDecay(WeightDecayKind? kind, Schedule rate, IReadOnlyList<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(rate);
        (Kind, Rate, Groups) = (kind, rate, groups);
    }

    /// <summary>No decay.</summary>
    public static WeightDecay None { get; } = 0.0;

    /// <summary>Where it goes; null where the optimizer's row of the catalogue says.</summary>
    public WeightDecayKind? Kind { get; }

    /// <summary>wd, over the iterations of the stage.</summary>
    public Schedule Rate { get; }

    /// <summary>The groups that decay; default: the convolutions, binary and real.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Decay at this rate, where the optimizer's row of the catalogue says: coupled for Adam, decoupled for AdamW.</summary>
    public static implicit operator WeightDecay(double rate) => Of(rate);

    /// <summary>Decay where the optimizer's row of the catalogue says: coupled for Adam, decoupled for AdamW.</summary>
    [Pure]
    public static WeightDecay Of(Schedule rate) => new(null, rate, Convolutions);

    /// <summary>g + wd w, before the optimizer sees the gradient. The paper's.</summary>
    [Pure]
    public static WeightDecay Coupled(Schedule rate) => new(WeightDecayKind.Coupled, rate, Convolutions);

    /// <summary>(1 - lr wd) w, before the step (Loshchilov and Hutter, ICLR 2019).</summary>
    [Pure]
    public static WeightDecay Decoupled(Schedule rate) => new(WeightDecayKind.Decoupled, rate, Convolutions);

    /// <summary>w / (1 + lr wd), after the step (Zhuang et al., TMLR 2022).</summary>
    [Pure]
    public static WeightDecay Proximal(Schedule rate) => new(WeightDecayKind.Proximal, rate, Convolutions);

    /// <summary>The same decay, of these groups alone.</summary>
    [Pure]
    public WeightDecay On(params ParameterGroup[] groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        return new(Kind, Rate, [.. groups]);
    }

    /// <summary>Equal where kind, rate and groups are.</summary>
    public bool Equals(WeightDecay? other) =>
        other is not null && Kind == other.Kind && Rate.Equals(other.Rate) && Groups.SequenceEqual(other.Groups);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Rate, Groups.Count);

    /// <summary>The decay in the core's formulas, by an optimizer of this row.</summary>
    internal Core.WeightDecay Core(Row row) => new(
        Kind switch
        {
            null => row.Decay,
            WeightDecayKind.Decoupled => DecayKind.Decoupled,
            WeightDecayKind.Proximal => DecayKind.Proximal,
            _ => DecayKind.Coupled,
        },
        Rate.Formula,
        ParameterGroups.CoreList(Groups));
}

/// <summary>Where weight decay goes.</summary>
public enum WeightDecayKind
{
    /// <summary>Added to the gradient before the optimizer sees it: g + wd w. The paper's.</summary>
    Coupled,

    /// <summary>Taken from the weight before the step: (1 - rate wd) w.</summary>
    Decoupled,

    /// <summary>The weight after the step, divided: w / (1 + rate wd).</summary>
    Proximal,
}
