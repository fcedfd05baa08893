using System.Numerics;
using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>
/// Python's equality of a dict's keys: True, 1 and 1.0 are one key. Hashes are those that .NET makes of texts, by a secret that each process
/// has anew: .NET's own hashes of numbers are known beforehand, so a file could be made whose keys all have the same one, and reading it
/// would take the square of their count.
/// </summary>
internal sealed class PickleKey : IEqualityComparer<PickleValue>
{
    // a key can be named again and again by two bytes; without a limit, comparing long ones would take hours
    public const int MaxLength = 4096;

    public static PickleKey Comparer { get; } = new();

    /// <summary>Whether it can be a key here.</summary>
    public static bool IsKey(PickleItem item) =>
        item is PickleInteger or PickleFloat or PickleBool or PickleNone or PickleText { Value.Length: <= MaxLength };

    /// <inheritdoc/>
    public bool Equals(PickleValue? x, PickleValue? y) => (x, y) switch
    {
        (PickleText a, PickleText b) => a.Value == b.Value,
        (PickleText or PickleNone, _) or (_, PickleText or PickleNone) => x is PickleNone && y is PickleNone,
        _ => Whole(x) is { } whole ? whole == Whole(y) : (x, y) is (PickleFloat a, PickleFloat b) && a.Value.Equals(b.Value),
    };

    /// <inheritdoc/>
    public int GetHashCode(PickleValue key) => key switch
    {
        PickleText text => text.Value.GetHashCode(StringComparison.Ordinal),
        PickleNone => 0,
        _ => Whole(key) is { } whole ? Hash(whole) : Hash(((PickleFloat)key).Value),
    };

    private static BigInteger? Whole(PickleValue? key) => key switch
    {
        PickleInteger integer => integer.Value,
        PickleBool flag => flag.Value ? BigInteger.One : BigInteger.Zero,
        PickleFloat { Value: var x } when double.IsInteger(x) => new BigInteger(x),
        _ => null,
    };

    private static int Hash(BigInteger whole)
    {
        // an even count, for letters have two bytes
        var bytes = new byte[(whole.GetByteCount() + 1) & ~1];
        _ = whole.TryWriteBytes(bytes, out _);
        return string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes));
    }

    private static int Hash(double number)
    {
        // all that are no number are one key
        var one = double.IsNaN(number) ? double.NaN : number;
        return string.GetHashCode(MemoryMarshal.Cast<double, char>(MemoryMarshal.CreateReadOnlySpan(ref one, 1)));
    }
}
