namespace Bnn;

/// <summary>Images to train on and images to test on, of one size and with the same classes.</summary>
/// <param name="Name">What the set is called in reports.</param>
/// <param name="Train">The images to train on.</param>
/// <param name="Test">The images to test on.</param>
/// <exception cref="ArgumentException">The two sets differ in the size of their images or in their classes.</exception>
public sealed record Dataset(string Name, Images Train, Images Test)
{
    /// <summary>What the set is called in reports.</summary>
    public string Name { get; } = Name ?? throw new ArgumentNullException(nameof(Name));

    /// <summary>The images to train on.</summary>
    public Images Train { get; } = Train ?? throw new ArgumentNullException(nameof(Train));

    /// <summary>The images to test on.</summary>
    public Images Test { get; } =
        Difference(Train, Test) is { } problem ? throw new ArgumentException(problem, nameof(Test)) : Test;

    /// <summary>Why the two sets do not belong together, or null if they do.</summary>
    internal static string? Difference(Images train, Images test)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);

        if ((train.Channels, train.Height, train.Width) != (test.Channels, test.Height, test.Width))
        {
            return $"the training images are {Size(train)}, the test images {Size(test)}";
        }

        return train.Classes.SequenceEqual(test.Classes)
            ? null
            : "the training images and the test images differ in their classes";

        static string Size(Images set) => ImageSize.Text(set.Channels, set.Height, set.Width);
    }
}
