using System.Globalization;
using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>What to know of a start from given weights beside which of them were taken, in sentences.</summary>
internal static class StartRemarks
{
    public static IReadOnlyList<string> Of(GivenWeights given, TrainingPlan plan, WeightsFit fit, IReadOnlyList<NamedArray> tensors) =>
    [
        .. given.Notes, .. Signs(fit, tensors), .. Classes(given, plan), .. Normalizations(given, plan), .. Redrawn(plan.Recipe.Stages.Head),
    ];

    private static IEnumerable<string> Signs(WeightsFit fit, IReadOnlyList<NamedArray> tensors)
    {
        var count = fit.Taken.Zip(tensors).Count(pair => pair.First.Own.IsWeight && AreSigns(pair.Second));
        if (count > 0)
        {
            yield return $"the latent weights of {count} {(count == 1 ? "tensor" : "tensors")} are their signs times a scale, which is all that a .bnn keeps of them";
        }
    }

    private static IEnumerable<string> Classes(GivenWeights given, TrainingPlan plan)
    {
        var classes = plan.Data.Train.Classes;
        if (given.HasClassesInOtherOrder(plan.Data.Train))
        {
            yield return "its classes have the same names in another order: the classifier is put in the data's";
        }
        else if (given.Classes?.Count == classes.Count && !given.Classes.SequenceEqual(classes))
        {
            yield return $"its classes have other names: {TakenWeights.Listed(given.Classes)}";
        }
    }

    private static IEnumerable<string> Normalizations(GivenWeights given, TrainingPlan plan)
    {
        var own = plan.Data.Normalization;
        if (given.Normalization is not { } its)
        {
            yield return $"how its images were normalized is not known; these are by {InWords(own)}";
        }
        else if (!its.IsSame(own))
        {
            yield return $"images are normalized by {InWords(own)}, those that it was trained on by {InWords(its)}";
        }
        else if (plan.Data.HasNormalizationOfStart)
        {
            yield return $"images are normalized as those that it was trained on, by {InWords(own)}: WithNormalization of the data says otherwise";
        }
    }

    private static IEnumerable<string> Redrawn(Stage first)
    {
        if (first.BinaryStart != BinaryStart.Inherited)
        {
            yield return $"{first.Name} draws the binary convolutions' weights anew all the same";
        }
    }

    private static string InWords(Normalization normalization) => $"means {Numbers(normalization.Means)} and deviations {Numbers(normalization.Deviations)}";

    private static string Numbers(IEnumerable<double> numbers) =>
        string.Join(", ", numbers.Select(number => number.ToString("0.####", CultureInfo.InvariantCulture)));

    /// <summary>Whether the weights of each output channel, several, are one magnitude with two signs.</summary>
    private static bool AreSigns(NamedArray array)
    {
        var weights = MemoryMarshal.Cast<byte, float>(array.Bytes.Span);
        var length = (int)(weights.Length / array.Shape[0]);
        for (var k = 0; k < weights.Length; k++)
        {
            if (Math.Abs(weights[k]) != Math.Abs(weights[k / length * length]))
            {
                return false;
            }
        }

        return length > 1 && weights.ContainsAnyExcept(0f);
    }
}
