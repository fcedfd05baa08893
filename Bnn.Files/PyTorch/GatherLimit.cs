namespace Bnn;

/// <summary>
/// How much memory the copies of tensors that do not lie one number after another may take: four times the file, and 1 MiB. A
/// view can show one number of the file any number of times.
/// </summary>
internal sealed class GatherLimit(long fileLength)
{
    private readonly long limit = (4 * fileLength) + (1 << 20);
    private long used;

    /// <summary>The view, its copy counted.</summary>
    public PickleView Checked(PickleView view)
    {
        ArrayLength(TensorView.Size(view), $"a tensor of the storage {PickleCalls.Shown(view.Storage.Key)}");
        if (!TensorView.IsContiguous(view))
        {
            used += TensorView.Size(view);
        }

        return used <= limit
            ? view
            : throw new RefusedContentException(
                $"has expanded tensors that take more than {limit} bytes, which is 4 times the file's {fileLength} bytes and 1 MiB",
                "save them by tensor.contiguous() where they are needed, or before they are expanded");
    }

    /// <summary>The length as that of an array.</summary>
    public static int ArrayLength(long length, string name) => length <= Array.MaxLength
        ? (int)length
        : throw new RefusedContentException(
            $"has {PickleCalls.Shown(name)} of {length} bytes; allowed: at most {Array.MaxLength}", "save it in several tensors with storages of their own");
}
