namespace Bnn;

/// <summary>The unpickler's stack with its marks, and its memo. What is missing on it is a FormatException.</summary>
internal sealed class PickleStack
{
    private readonly List<PickleItem> items = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, PickleItem> memo = [];

    /// <summary>Whether nothing is left on it.</summary>
    public bool IsEmpty => items.Count == 0 && marks.Count == 0;

    public void Push(PickleItem item) => items.Add(item);

    public void Mark() => marks.Add(items.Count);

    public PickleItem Top => items.Count > Floor ? items[^1] : throw TooShort();

    public PickleItem Pop()
    {
        var top = Top;
        items.RemoveAt(items.Count - 1);
        return top;
    }

    /// <summary>Takes what lies above the last mark, and the mark.</summary>
    public List<PickleItem> PopMark()
    {
        if (marks.Count == 0)
        {
            throw TooShort();
        }

        var above = items[Floor..];
        items.RemoveRange(Floor, above.Count);
        marks.RemoveAt(marks.Count - 1);
        return above;
    }

    public void Remember(uint index) => memo[index] = Top;

    /// <summary>Remembers by the number of what is remembered already.</summary>
    public void Remember() => Remember((uint)memo.Count);

    public void Recall(uint index) => Push(
        memo.TryGetValue(index, out var item) ? item : throw new FormatException($"has no value by the memo's number {index}"));

    private int Floor => marks.Count == 0 ? 0 : marks[^1];

    private static FormatException TooShort() => new("takes a value where none was given");
}
