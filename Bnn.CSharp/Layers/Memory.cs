using Microsoft.FSharp.Core;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>The memory of CPU tensors. An address or a span holds no tensor: whoever takes one keeps the tensor in a field, in <c>using</c>, or by
/// <c>GC.KeepAlive</c> after the last use; a test looks for those who do not.</summary>
internal static class Memory
{
    /// <summary>The address of a contiguous CPU tensor's first number. The caller keeps the tensor alive.</summary>
    public static nint Of(Tensor tensor)
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous())
        {
            throw new InvalidOperationException("only a contiguous CPU tensor's memory can be used directly");
        }

        return TensorHandle.Address(tensor.Handle);
    }

    /// <summary>The numbers of a contiguous CPU tensor of float32.</summary>
    public static unsafe Span<float> Floats(Tensor tensor) => new((void*)Of(tensor), checked((int)tensor.numel()));

    /// <summary>The numbers of a contiguous CPU tensor of int64.</summary>
    public static unsafe Span<long> Longs(Tensor tensor) => new((void*)Of(tensor), checked((int)tensor.numel()));
}

/// <summary>F# functions from delegates.</summary>
internal static class FSharpFunctions
{
    public static FSharpFunc<TIn, TOut> Of<TIn, TOut>(Func<TIn, TOut> f) => FuncConvert.FromFunc(f);
}
