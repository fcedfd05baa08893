using TorchSharp;

namespace Bnn;

/// <summary>Numbers for torch's operators that live as long as the process. One that TorchSharp makes of a C# number on the way, also the
/// hidden factor 1 of a sum, may be collected and freed while libtorch still reads it, under load and once in many millions of calls.</summary>
internal static class Scalars
{
    public static readonly Scalar One = 1;
    public static readonly Scalar MinusOne = -1;

    /// <summary>a + b.</summary>
    public static torch.Tensor Plus(this torch.Tensor a, torch.Tensor b) => a.add(b, One);

    /// <summary>x clipped to -1..1.</summary>
    public static torch.Tensor ClippedToOne(this torch.Tensor x) => x.clamp(MinusOne, One);
}
