using System.Text;

namespace System.Runtime.CompilerServices;

/// <summary>What the compiler makes of an interpolated string of this assembly, in place of the framework's type of this name: numbers in it are
/// the same text under every culture. So none can be forgotten.</summary>
/// <param name="literalLength">The characters outside holes.</param>
/// <param name="formattedCount">The holes.</param>
[InterpolatedStringHandler]
internal readonly ref struct DefaultInterpolatedStringHandler(int literalLength, int formattedCount)
{
    private const int UsualLength = 11;

    private readonly StringBuilder text = new(literalLength + UsualLength * formattedCount);

    public void AppendLiteral(string value) => text.Append(value);

    public void AppendFormatted(ReadOnlySpan<char> value) => text.Append(value);

    public void AppendFormatted<T>(T value, int alignment = 0, string? format = null)
    {
        var own = Bnn.InvariantText.Of(value, format);
        text.Append(alignment < 0 ? own.PadRight(-alignment) : own.PadLeft(alignment));
    }

    public void AppendFormatted<T>(T value, string? format) => AppendFormatted(value, 0, format);

    public string ToStringAndClear() => text.ToString();
}
