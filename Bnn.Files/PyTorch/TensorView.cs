namespace Bnn;

/// <summary>Tensors as views of a storage: number i of dimension d lies i * stride[d] numbers after the first.</summary>
internal static class TensorView
{
    /// <summary>The most dimensions of a tensor, which is PyTorch's own limit.</summary>
    private const int MaxRank = 64;

    /// <summary>The view, after a check that all of its numbers lie in its storage.</summary>
    public static PickleView Checked(PickleStorage storage, PickleItem offset, PickleSequence shape, PickleSequence strides)
    {
        if (shape.Items.Count != strides.Items.Count || shape.Items.Count > MaxRank)
        {
            throw new FormatException(
                $"has a tensor with {shape.Items.Count} extents and {strides.Items.Count} strides; allowed: as many, at most {MaxRank},");
        }

        var view = new PickleView(
            storage, Int64(offset), [.. shape.Items.Select(Int64)], [.. strides.Items.Select(Int64)]);
        var size = Dtypes.SizeInBytes(storage.Dtype, view.Shape);
        // 128 bits hold any product of two numbers of 64, and the sum is compared before the next one is added
        Int128 last = view.Offset;
        for (var d = 0; d < view.Shape.Length; d++)
        {
            last += size == 0 ? 0 : (Int128)(view.Shape[d] - 1) * view.Strides[d];
            if (view.Strides[d] < 0 || last >= storage.Count)
            {
                break;
            }
        }

        return view.Offset >= 0 && Array.TrueForAll(view.Strides, stride => stride >= 0) && (size == 0 || last < storage.Count)
            ? view
            : throw new FormatException(
                $"has a tensor of shape [{InvariantText.Join(", ", view.Shape)}], strides [{InvariantText.Join(", ", view.Strides)}] and offset "
                + $"{view.Offset} that is not within the {storage.Count} numbers of its storage");
    }

    /// <summary>What the view's numbers take once they lie one after another.</summary>
    public static long Size(PickleView view) => Dtypes.SizeInBytes(view.Storage.Dtype, view.Shape);

    /// <summary>The bytes of its storage's record from the view's first number to before the end of its last; none where it has no numbers.</summary>
    public static (long Begin, long End) Range(PickleView view)
    {
        if (Size(view) == 0)
        {
            return (0, 0);
        }

        var size = Dtypes.Size(view.Storage.Dtype);
        var first = view.Storage.Begin + view.Offset;
        var last = first + view.Shape.Zip(view.Strides).Sum(dimension => (dimension.First - 1) * dimension.Second);
        return (first * size, (last + 1) * size);
    }

    /// <summary>Whether the view's numbers already lie one after another, slowest dimension first.</summary>
    public static bool IsContiguous(PickleView view)
    {
        var expected = 1L;
        for (var d = view.Shape.Length - 1; d >= 0; d--)
        {
            if (view.Shape[d] != 1 && view.Strides[d] != expected)
            {
                return Size(view) == 0;
            }

            expected *= view.Shape[d];
        }

        return true;
    }

    /// <summary>The view's numbers: a part of the storage where they lie one after another, else a copy.</summary>
    /// <param name="view">A checked view.</param>
    /// <param name="part">Bytes of its storage, with all of its numbers.</param>
    public static PickleTensor Read(PickleView view, StoragePart part)
    {
        var (storage, size) = (view.Storage, Dtypes.Size(view.Storage.Dtype));
        var total = (int)Size(view);
        if (total == 0)
        {
            return new PickleTensor(storage.Dtype, view.Shape, default);
        }

        var begin = (int)(Range(view).Begin - part.At);
        return new PickleTensor(
            storage.Dtype, view.Shape,
            IsContiguous(view) ? part.Bytes.Slice(begin, total) : Gather(view, part.Bytes.Span[begin..], size, new byte[total]));
    }

    private static byte[] Gather(PickleView view, ReadOnlySpan<byte> from, int size, byte[] into)
    {
        var (shape, strides) = (view.Shape, view.Strides);
        var place = new long[shape.Length];
        var source = 0L;
        for (var target = 0; target < into.Length; target += size)
        {
            from.Slice((int)(source * size), size).CopyTo(into.AsSpan(target));
            // the next number: the last dimension that is not through goes on, those after it begin again
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                source += strides[d];
                if (++place[d] < shape[d])
                {
                    break;
                }

                source -= strides[d] * shape[d];
                place[d] = 0;
            }
        }

        return into;
    }

    /// <summary>An integer of the file as 64 bits.</summary>
    public static long Int64(PickleItem item) =>
        item is PickleInteger { Value: var value } && value >= long.MinValue && value <= long.MaxValue
            ? (long)value
            : throw new FormatException("has something else than an integer of 64 bits");
}
