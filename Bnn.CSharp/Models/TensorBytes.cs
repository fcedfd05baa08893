using System.Buffers.Binary;
using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>The tensors of files as torch tensors, and back.</summary>
internal static class TensorBytes
{
    /// <summary>A new CPU tensor with the array's numbers, converted as <c>Tensor.to</c> does; BOOL is 0 or 1 whatever its bytes.</summary>
    /// <exception cref="FormatException">The bytes are not those of the shape, or a U64 is above 2^63 - 1.</exception>
    public static Tensor ToTensor(this NamedArray array, ScalarType type)
    {
        var expected = Dtypes.SizeInBytes(array.Dtype, array.Shape);
        if (expected != array.Bytes.Length)
        {
            throw new FormatException(
                $"has {array.Bytes.Length} bytes for the tensor {array.Name}; its shape and dtype need {expected}");
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var own = array.Dtype == "BOOL" ? ScalarType.Byte : TorchTypes.Of(array.Dtype);
        var tensor = own is { } known ? Copy(array, known) : Widened(array);
        var numbers = array.Dtype == "BOOL" ? tensor.IsNotZero() : tensor;
        return numbers.to(type).MoveToOuterDisposeScope();
    }

    /// <summary>The numbers of a tensor of any device and memory layout.</summary>
    /// <exception cref="NotSupportedException">Files have no such dtype.</exception>
    public static NamedArray ToArray(string name, Tensor tensor)
    {
        var dtype = TorchTypes.Dtype(tensor.dtype) ?? throw new NotSupportedException($"tensors of type {tensor.dtype} are not saved");
        using var scope = NewDisposeScope();
        var held = tensor.detach().cpu().contiguous();
        var bytes = tensor.numel() == 0 ? [] : held.bytes.ToArray();
        GC.KeepAlive(held);
        return new NamedArray(name, dtype, tensor.shape, bytes);
    }

    private static Tensor Copy(NamedArray array, ScalarType type)
    {
        var tensor = empty(array.Shape, type, CPU);
        if (!array.Bytes.IsEmpty)
        {
            array.Bytes.Span.CopyTo(tensor.bytes);
            GC.KeepAlive(tensor);
        }

        return tensor;
    }

    private static Tensor Widened(NamedArray array)
    {
        var size = Dtypes.Size(array.Dtype);
        var numbers = new long[array.Bytes.Length / size];
        for (var i = 0; i < numbers.Length; i++)
        {
            var bytes = array.Bytes.Span.Slice(i * size, size);
            var number = size switch
            {
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            };
            numbers[i] = number <= long.MaxValue
                ? (long)number
                : throw new FormatException($"has {number} in the tensor {array.Name}; allowed: at most {long.MaxValue}");
        }

        return tensor(numbers, ScalarType.Int64, CPU).reshape(array.Shape);
    }
}
