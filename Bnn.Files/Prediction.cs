using System.Globalization;

namespace Bnn;

/// <summary>What a network says of an image.</summary>
/// <param name="Class">The most probable class.</param>
/// <param name="Probability">Its probability, in 0..1.</param>
/// <param name="Classes">All classes with their probabilities, most probable first.</param>
public sealed record Prediction(
    string Class, double Probability, IReadOnlyList<(string Class, double Probability)> Classes)
{
    /// <summary>Class and probability.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{PlainText.Line(Class)} ({100 * Probability:F1} %)");
}
