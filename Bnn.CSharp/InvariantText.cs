using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Bnn
{
    /// <summary>Values as text that is the same under every culture.</summary>
    internal static class InvariantText
    {
        /// <summary>A value's text; a tuple's parts too.</summary>
        public static string Of(object? value, string? format = null) => value switch
        {
            ITuple tuple => $"({string.Join(", ", Enumerable.Range(0, tuple.Length).Select(k => Of(tuple[k])))})",
            IFormattable number => number.ToString(format, CultureInfo.InvariantCulture),
            _ => value?.ToString() ?? "",
        };

        /// <summary>The values' texts with a separator between them.</summary>
        public static string Join<T>(string separator, IEnumerable<T> values) => string.Join(separator, values.Select(value => Of(value)));

        /// <summary>Writes a record's properties as the compiler's own PrintMembers does, which asks for the thread's culture.</summary>
        /// <returns>Whether there was one.</returns>
        public static bool Members(StringBuilder text, object record)
        {
            var properties = record.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance);
            text.AppendJoin(", ", properties.Select(property => $"{property.Name} = {Of(property.GetValue(record))}"));
            return properties.Length > 0;
        }
    }
}

namespace System.Runtime.CompilerServices
{
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
}
