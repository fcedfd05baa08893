using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>The unpickler's stack with its marks, and its memo. What is missing on it is a FormatException.</summary>
/// <param name="allowance">Counts what is put there: one byte of a file can put something there again.</param>
internal sealed class PickleStack(PickleAllowance allowance)
{
    private readonly List<PickleItem> items = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, PickleItem> memo = [];

    /// <summary>Whether nothing is left on it.</summary>
    public bool IsEmpty => items.Count == 0 && marks.Count == 0;

    public PickleItem Top => items.Count > Floor ? items[^1] : throw TooShort();

    private int Floor => marks.Count == 0 ? 0 : marks[^1];

    public void Push(PickleItem item)
    {
        allowance.Spend(1);
        items.Add(item);
    }

    public void Mark()
    {
        allowance.Spend(1);
        marks.Add(items.Count);
    }

    public PickleItem Pop()
    {
        var top = Top;
        items.RemoveAt(items.Count - 1);
        return top;
    }

    /// <summary>Takes the last items, in the order in which they were put there.</summary>
    public PickleItem[] Pop(int count) => items.Count - count >= Floor ? TakeFrom(items.Count - count) : throw TooShort();

    /// <summary>Takes what lies above the last mark, and the mark.</summary>
    public PickleItem[] PopMark()
    {
        if (marks.Count == 0)
        {
            throw TooShort();
        }

        var above = TakeFrom(Floor);
        marks.RemoveAt(marks.Count - 1);
        return above;
    }

    public void Remember(uint index)
    {
        allowance.Spend(1);
        memo[index] = Top;
    }

    /// <summary>Remembers by the number of what is remembered already.</summary>
    public void Remember() => Remember((uint)memo.Count);

    public void Recall(uint index) => Push(
        memo.TryGetValue(index, out var item) ? item : throw new FormatException($"has no value by the memo's number {index}"));

    private PickleItem[] TakeFrom(int first)
    {
        PickleItem[] taken = [.. CollectionsMarshal.AsSpan(items)[first..]];
        items.RemoveRange(first, taken.Length);
        return taken;
    }

    private static FormatException TooShort() => new("takes a value where none was given");
}
