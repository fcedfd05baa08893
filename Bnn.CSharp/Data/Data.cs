namespace Bnn;

/// <summary>The data a network can be trained on. Nothing is read before <see cref="DataSource.Load"/>.</summary>
public static class Data
{
    private static readonly IReadOnlyList<string> Fashion =
    [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ];

    private static readonly IReadOnlyList<string> Digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    private static readonly DataSource Sample = new SampleSource("Fashion-MNIST sample", Fashion);

    /// <summary>
    /// Built in: the first 10,000 training images and all 10,000 test images of Fashion-MNIST, 28 x 28, grey,
    /// 10 classes. A sixth of the training images of <see cref="FashionMnist"/>, so accuracies are lower.
    /// </summary>
    public static DataSource FashionMnistSample() => Sample;

    /// <summary>
    /// Fashion-MNIST from a folder with its four files, gzip or not: <c>train-images-idx3-ubyte</c>,
    /// <c>train-labels-idx1-ubyte</c>, <c>t10k-images-idx3-ubyte</c> and <c>t10k-labels-idx1-ubyte</c>.
    /// </summary>
    /// <param name="directory">The folder. Debian's package dataset-fashion-mnist installs to <c>/usr/share/datasets/fashion-mnist</c>.</param>
    public static DataSource FashionMnist(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return new FolderSource(
            "Fashion-MNIST", directory, Fashion,
            "give the folder with the four files of Fashion-MNIST; Debian's package dataset-fashion-mnist installs them to /usr/share/datasets/fashion-mnist");
    }

    /// <summary>MNIST, the handwritten digits, from a folder with four files of the same names as those of <see cref="FashionMnist"/>.</summary>
    /// <param name="directory">The folder.</param>
    public static DataSource Mnist(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return new FolderSource("MNIST", directory, Digits, "give the folder with the four files of MNIST");
    }

    /// <summary>Data that are in memory already.</summary>
    /// <param name="name">What the data are called in reports.</param>
    /// <param name="train">The images to train on.</param>
    /// <param name="test">The images to test on.</param>
    /// <exception cref="ArgumentException">The two sets differ in the size of their images or in their classes.</exception>
    public static DataSource InMemory(string name, Images train, Images test) =>
        new MemorySource(new(name, train, test));
}
