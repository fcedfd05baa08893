using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Bnn;

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
