using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Bnn;

/// <summary>What to say where memory does not suffice: torch's own words are pages of its stack, .NET's say nothing.</summary>
internal static partial class TooLittleMemory
{
    /// <summary>Computes with torch.</summary>
    /// <param name="what">What is computed, for instance <c>the network ReActNet-A on 100 images of 3 x 224 x 224</c>.</param>
    /// <param name="remedy">What to do about it.</param>
    /// <param name="compute">The computation.</param>
    /// <exception cref="InsufficientMemoryException">There is not enough memory for it; says for how much torch asked.</exception>
    public static T Named<T>(Func<string> what, string remedy, Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception e) when (e is not InsufficientMemoryException && InWords(e) is not null)
        {
            throw new InsufficientMemoryException($"there is too little memory for {what()}: {InWords(e)}; {remedy}", e);
        }
    }

    /// <summary>The same for what gives nothing.</summary>
    public static void Named(Func<string> what, string remedy, Action compute) => Named(what, remedy, () =>
    {
        compute();
        return true;
    });

    /// <summary>The error of a training that came to its end by this exception; null where memory sufficed.</summary>
    public static BnnTrainingException? InTraining(Exception e, int images) => InWords(e) is { } words
        ? new BnnTrainingException(
            $"there is too little memory for the training, which computes {images} examples at once: {words}; "
            + "give a smaller batch, or let it be computed in parts (WithMicroBatches)", e)
        : null;

    /// <summary>Which memory did not suffice, as a clause; null where the exception says nothing of memory.</summary>
    private static string? InWords(Exception e) => e switch
    {
        InsufficientMemoryException => e.Message,
        OutOfMemoryException => string.Create(
            CultureInfo.InvariantCulture, $"the objects of .NET fill the {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes:N0} bytes that they may have"),
        AggregateException all => all.InnerExceptions.Select(InWords).FirstOrDefault(words => words is not null),
        ExternalException when Asked().Match(e.Message) is { Success: true, Groups: [_, var asked, var unit] } =>
            $"torch asked for {asked.Value} {unit.Value} more and did not get them",
        _ => null,
    };

    // the CPU's allocator: "you tried to allocate 225792000 bytes"; the GPU's: "Tried to allocate 20.00 GiB"
    [GeneratedRegex("ried to allocate ([0-9.]+) (bytes|[KMGT]iB)")]
    private static partial Regex Asked();
}
