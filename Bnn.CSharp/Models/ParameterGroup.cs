using Bnn.Core;
using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>What a parameter is. Update rules and weight decay may differ by group.</summary>
public enum ParameterGroup
{
    /// <summary>Latent weights of binary convolutions.</summary>
    BinaryWeights,

    /// <summary>Weights of real convolutions.</summary>
    RealConvolutions,

    /// <summary>Scales and shifts of batch norm.</summary>
    Norms,

    /// <summary>Learned shifts of activations, and StrongBaseline's learned scales.</summary>
    Biases,

    /// <summary>Slopes of PReLU.</summary>
    Slopes,

    /// <summary>The last, linear layer: its weights and biases.</summary>
    Classifier,
}

internal static class ParameterGroups
{
    public static IReadOnlyList<ParameterGroup> All { get; } = Enum.GetValues<ParameterGroup>();

    /// <summary>The group in the core's formulas.</summary>
    public static Group Core(this ParameterGroup group) => group switch
    {
        ParameterGroup.BinaryWeights => Group.BinaryWeights,
        ParameterGroup.RealConvolutions => Group.RealConvolutions,
        ParameterGroup.Norms => Group.Norms,
        ParameterGroup.Biases => Group.Biases,
        ParameterGroup.Slopes => Group.Slopes,
        ParameterGroup.Classifier => Group.Classifier,
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "a parameter group"),
    };

    /// <summary>The groups in the core's formulas.</summary>
    public static FSharpList<Group> CoreList(IEnumerable<ParameterGroup> groups) =>
        ListModule.OfSeq(groups.Select(group => group.Core()));

    /// <summary>In words, for descriptions.</summary>
    public static string InWords(this ParameterGroup group) => group switch
    {
        ParameterGroup.BinaryWeights => "binary convolutions",
        ParameterGroup.RealConvolutions => "real convolutions",
        ParameterGroup.Norms => "batch norm",
        ParameterGroup.Biases => "shifts",
        ParameterGroup.Slopes => "slopes",
        _ => "classifier",
    };
}
