using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Torch's operators with a number beside the tensor. TorchSharp makes a native object of a C# number, and where nobody holds it, as in
/// <c>x * 2</c>, <c>x.square()</c> or <c>a + b</c> with its hidden factor 1, a garbage collection may free it while libtorch still reads it. Here each is held:
/// constants as long as the process lives, others to the end of the call. Nothing else in the library makes one; a test reads the compiled code for it.</summary>
internal static class Scalars
{
    private static readonly Scalar One = 1;
    private static readonly Scalar MinusOne = -1;
    private static readonly Scalar Two = 2;

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary>a - b.</summary>
    public static Tensor Minus(this Tensor a, Tensor b) => a.add(b, MinusOne);

    /// <summary>x + number.</summary>
    public static Tensor Plus(this Tensor x, double number)
    {
        using Scalar held = number;
        return x.add(held, One);
    }

    /// <summary>x number.</summary>
    public static Tensor Times(this Tensor x, double number)
    {
        using Scalar held = number;
        return x.mul(held);
    }

    /// <summary>x / number.</summary>
    public static Tensor Over(this Tensor x, double number)
    {
        using Scalar held = number;
        return x.div(held);
    }

    /// <summary>x^2.</summary>
    public static Tensor Squared(this Tensor x) => x.pow(Two);

    /// <summary>x clipped to -1..1.</summary>
    public static Tensor ClippedToOne(this Tensor x) => x.clamp(MinusOne, One);

    /// <summary>x, and the number where x is less.</summary>
    public static Tensor AtLeast(this Tensor x, double number)
    {
        using Scalar held = number;
        return x.clamp_min(held);
    }

    /// <summary>Whether x is another number than 0.</summary>
    public static Tensor IsNotZero(this Tensor x)
    {
        using Scalar zero = 0;
        return x.ne(zero);
    }

    /// <summary>Adds 1 in place.</summary>
    public static void CountOne(this Tensor x) => x.add_(One, One);

    /// <summary>A CPU tensor of float32 with the same number everywhere.</summary>
    public static Tensor Full(long[] shape, double number)
    {
        using Scalar held = number;
        return full(shape, held, ScalarType.Float32, CPU);
    }
}
