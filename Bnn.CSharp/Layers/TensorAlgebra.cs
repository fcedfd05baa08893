using static TorchSharp.torch;

namespace Bnn;

/// <summary>The operators over torch tensors: what a formula means away from the CPU. Numbers that are the same for the
/// whole tensor are tensors without dimensions, which torch combines with tensors of any device.</summary>
internal static class TensorAlgebra
{
    public static Algebra<Tensor> Of(ScalarType type) => Algebra<Tensor>.Create(
        number => Number(number, type),
        Unary,
        Binary,
        (test, a, b, x, y) => where(Holds(test, a, b), x, y),
        (_, _, _) => throw new InvalidOperationException("a plan's passes hold no reductions"));

    public static Tensor Number(double value, ScalarType type) => tensor(value, type, CPU);

    private static Tensor Unary(Op1 op, Tensor x)
    {
        Tensor One() => Number(1, x.dtype);
        Tensor MinusOne() => Number(-1, x.dtype);
        Tensor Zero() => Number(0, x.dtype);

        return op.Tag switch
        {
            Op1.Tags.Neg => x.neg(),
            Op1.Tags.Abs => x.abs(),
            Op1.Tags.Sqrt => x.sqrt(),
            Op1.Tags.Exp => x.exp(),
            Op1.Tags.Log => x.log(),
            Op1.Tags.Tanh => x.tanh(),
            Op1.Tags.Cos => x.cos(),
            Op1.Tags.Floor => x.floor(),
            Op1.Tags.Round => x.round(),
            Op1.Tags.Signum => where(x.gt(Zero()), One(), where(x.lt(Zero()), MinusOne(), x)),
            Op1.Tags.SignPlus => where(x.ge(Zero()), One(), where(x.lt(Zero()), MinusOne(), x)),
            _ => throw new InvalidOperationException($"operator {op} has no tensor form"),
        };
    }

    private static Tensor Binary(Op2 op, Tensor a, Tensor b) => op.Tag switch
    {
        Op2.Tags.Add => a.Plus(b),
        Op2.Tags.Sub => a.Minus(b),
        Op2.Tags.Mul => a.mul(b),
        Op2.Tags.Div => a.div(b),
        Op2.Tags.Max => a.maximum(b),
        Op2.Tags.Min => a.minimum(b),
        Op2.Tags.Pow => a.pow(b),
        Op2.Tags.Mod => a.fmod(b),
        _ => throw new InvalidOperationException($"operator {op} has no tensor form"),
    };

    private static Tensor Holds(Compare test, Tensor a, Tensor b) => test.Tag switch
    {
        Compare.Tags.Less => a.lt(b),
        Compare.Tags.LessOrEqual => a.le(b),
        _ => a.eq(b),
    };
}
