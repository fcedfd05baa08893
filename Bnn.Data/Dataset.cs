namespace Bnn;

/// <summary>Examples to train on and examples to test on, of one size and with the same classes, in any order, or targets of one size.</summary>
/// <param name="Name">What the set is called in reports.</param>
/// <param name="Train">The examples to train on.</param>
/// <param name="Test">The examples to test on.</param>
/// <exception cref="ArgumentException">The two sets differ in the size of their examples, in their classes or in the size of their targets.</exception>
public sealed record Dataset(string Name, Examples Train, Examples Test)
{
    /// <summary>What the set is called in reports.</summary>
    public string Name { get; init; } = Name ?? throw new ArgumentNullException(nameof(Name));

    /// <summary>The examples to train on.</summary>
    public Examples Train { get; } = Train ?? throw new ArgumentNullException(nameof(Train));

    /// <summary>The examples to test on.</summary>
    public Examples Test { get; } =
        Difference(Train, Test) is { } problem ? throw new ArgumentException(problem, nameof(Test)) : Test;

    /// <summary>How inputs are normalized where somebody has said so; null for the means and deviations of the training examples.</summary>
    internal Normalization? GivenNormalization { get; init; }

    /// <summary>Whether the weights that a training starts from have said so.</summary>
    internal bool HasNormalizationOfStart { get; init; }

    /// <summary>What a user must know of how the two sets were chosen, in sentences.</summary>
    internal IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>How inputs are normalized.</summary>
    internal Normalization Normalization => GivenNormalization ?? Train.OwnNormalization();

    /// <summary>Where the outputs of a network that has learned the training examples' classes stand in the order of some examples' classes.</summary>
    internal ClassOrder Order(Examples examples) => ClassOrder.Of(Train.Classes, examples.Classes);

    /// <summary>Why the two sets do not belong together, or null if they do.</summary>
    internal static string? Difference(Examples train, Examples test)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        var what = train is Images ? "images" : "examples";
        if (train.Size != test.Size)
        {
            return $"the training {what} are {Size(train)}, the test {what} {Size(test)}";
        }

        if (train.TargetSize != test.TargetSize || train.TargetRange != test.TargetRange)
        {
            return $"the training {what} and the test {what} differ in their targets";
        }

        return train.Classes.SequenceEqual(test.Classes) || ClassOrder.AreSameNames(train.Classes, test.Classes)
            ? null
            : $"the training {what} and the test {what} differ in their classes: {ClassOrder.Both(train.Classes, "the first", test.Classes, "the others")}";

        static string Size(Examples set) => ImageSize.Text(set.Channels, set.Height, set.Width);
    }
}
