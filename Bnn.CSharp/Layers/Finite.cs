using static TorchSharp.torch;

namespace Bnn;

/// <summary>Whether numbers are still numbers: NaN and infinities are found where they begin, not where somebody looks at a result.</summary>
internal static class Finite
{
    /// <summary>Whether all are.</summary>
    public static bool IsAll(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.isfinite().all().item<bool>();
    }

    /// <summary>What is wrong with the numbers: "NaN" or "infinite"; null where all are finite.</summary>
    public static string? Fault(Tensor x)
    {
        using var scope = NewDisposeScope();
        return IsAll(x) ? null : x.isnan().any().item<bool>() ? "NaN" : "infinite";
    }
}

/// <summary>Numbers are not finite; the message says which, and who catches it where in a training that was.</summary>
internal sealed class NotFiniteException(string message) : Exception(message);
