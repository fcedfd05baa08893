namespace Bnn;

/// <summary>
/// How many values the pickles of one file may make: 4 for each of their bytes and 1000, at most <see cref="Max"/>. Whatever takes memory of
/// its own counts: an object, a place on the stack, a mark, a number of the memo, a part that is copied, an extent of a tensor. So reading
/// takes less than 1 GiB, beside the numbers of tensors, whatever the file is: of the things that a byte or two can make, the largest take
/// some 250 bytes (an empty dict on the stack, and what the tree has in its place), and texts twice their bytes.
/// </summary>
/// <param name="bytes">How many bytes the pickles have.</param>
internal sealed class PickleAllowance(long bytes)
{
    /// <summary>The most values of a file. A checkpoint of PyTorch has some 30 for each tensor.</summary>
    public const int Max = 3_000_000;

    private readonly long limit = Math.Min(Max, 1000 + (4 * bytes));
    private long spent;

    /// <summary>Counts values that are about to be made.</summary>
    /// <exception cref="RefusedContentException">They are too many.</exception>
    public void Spend(long count)
    {
        spent += count;
        if (spent > limit)
        {
            throw new RefusedContentException($"holds more than {limit} values", "save only the model's state_dict with torch.save");
        }
    }
}
