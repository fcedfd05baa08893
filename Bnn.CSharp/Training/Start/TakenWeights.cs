namespace Bnn;

/// <summary>What a training took of the weights that it started from (<see cref="BnnTrainer.StartingFrom(string, bool, string?)"/>). It is
/// <c>start</c> in result.json's recipe, which has the number of those taken in place of their names.</summary>
/// <param name="From">The file that they were read from, or the given network's name.</param>
/// <param name="Sha256">SHA-256 of the taken tensors' names, shapes and numbers, 64 hexadecimal digits: a copy of the file has the same.</param>
/// <param name="Taken">The network's tensors that are the given ones.</param>
/// <param name="New">Its other tensors, which begin as in a training without given weights. With <paramref name="Taken"/> they are all that the
/// network has.</param>
/// <param name="Left">The given tensors that were not taken. With <paramref name="Taken"/> they are all that were given.</param>
/// <param name="Remarks">What else to know of them, in sentences.</param>
public sealed record TakenWeights(
    string From, string Sha256, IReadOnlyList<string> Taken, IReadOnlyList<string> New, IReadOnlyList<string> Left, IReadOnlyList<string> Remarks)
{
    private const int MostNames = 10;

    /// <summary>A line for what was taken, for what was not, and for each remark.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Sentences());

    internal IEnumerable<string> Sentences() =>
    [
        $"{From}: {Taken.Count} of the network's {Taken.Count + New.Count} tensors are taken",
        .. New.Count > 0 ? [$"new, as in a training without given weights: {Listed(New)}"] : Array.Empty<string>(),
        .. Left.Count > 0 ? [$"given and not taken: {Listed(Left)}"] : Array.Empty<string>(),
        .. Remarks,
    ];

    /// <summary>The first of some names, and how many more there are.</summary>
    internal static string Listed(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");
}
