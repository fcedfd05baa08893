using Bnn.Core;

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

    /// <summary>Learned shifts, and the slopes of PReLU.</summary>
    Biases,

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
        ParameterGroup.Classifier => Group.Classifier,
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "a parameter group"),
    };

    /// <summary>In words, for descriptions.</summary>
    public static string InWords(this ParameterGroup group) => group switch
    {
        ParameterGroup.BinaryWeights => "binary convolutions",
        ParameterGroup.RealConvolutions => "real convolutions",
        ParameterGroup.Norms => "batch norm",
        ParameterGroup.Biases => "shifts and slopes",
        _ => "classifier",
    };
}
