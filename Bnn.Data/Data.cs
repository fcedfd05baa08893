namespace Bnn;

/// <summary>The data a network can be trained on. Nothing is read before <see cref="DataSource.Load"/>.</summary>
public static class Data
{
    private static readonly IReadOnlyList<string> Fashion =
    [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ];

    private static readonly IReadOnlyList<string> Digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    private const double UsualDamagedLimit = 0.01;

    private static readonly DataSource Sample = new SampleSource("Fashion-MNIST sample", Fashion);

    /// <summary>
    /// Built in: the first 10,000 training images and all 10,000 test images of Fashion-MNIST, 28 x 28, grey,
    /// 10 classes. A sixth of the training images of <see cref="FashionMnist"/>, so accuracies are lower.
    /// </summary>
    public static DataSource FashionMnistSample() => Sample;

    /// <summary>
    /// Fashion-MNIST from a folder with its four files, gzip or not: <c>train-images-idx3-ubyte</c>,
    /// <c>train-labels-idx1-ubyte</c>, <c>t10k-images-idx3-ubyte</c> and <c>t10k-labels-idx1-ubyte</c>, also with a dot before <c>idx</c>.
    /// </summary>
    /// <param name="directory">The folder. Debian's package dataset-fashion-mnist installs to <c>/usr/share/datasets/fashion-mnist</c>.</param>
    public static DataSource FashionMnist(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return new IdxFolder(
            "Fashion-MNIST", directory, Fashion,
            "give the folder with the four files of Fashion-MNIST; Debian's package dataset-fashion-mnist installs them to /usr/share/datasets/fashion-mnist");
    }

    /// <summary>MNIST, the handwritten digits, from a folder with four files of the same names as those of <see cref="FashionMnist"/>.</summary>
    /// <param name="directory">The folder.</param>
    public static DataSource Mnist(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return new IdxFolder("MNIST", directory, Digits, "give the folder with the four files of MNIST");
    }

    /// <summary>CIFAR-10's binary version: 50,000 training and 10,000 test images, 32 x 32, colour, 10 classes.</summary>
    /// <param name="directory">The folder with <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>, or the one that holds
    /// their folder <c>cifar-10-batches-bin</c>.</param>
    public static DataSource Cifar10(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return new Cifar10Source(directory);
    }

    /// <summary>CIFAR-100's binary version: 50,000 training and 10,000 test images, 32 x 32, colour, 100 classes or 20 coarse ones.</summary>
    /// <param name="directory">The folder with <c>train.bin</c>, <c>test.bin</c>, <c>fine_label_names.txt</c> and <c>coarse_label_names.txt</c>, or the one that
    /// holds their folder <c>cifar-100-binary</c>.</param>
    /// <param name="coarse">Take the 20 superclasses. Default: the 100 classes.</param>
    public static DataSource Cifar100(string directory, bool coarse = false)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return new Cifar100Source(directory, coarse);
    }

    /// <summary>Images (JPEG, PNG, BMP, WebP, binary PPM and PGM, by their first bytes) in a folder for each class, and in folders within it, as ImageNet lies on
    /// disk: <c>train</c> and <c>val</c> (or <c>valid</c>, <c>validation</c>, <c>dev</c>; <c>test</c> where there is none of these) in a folder, or in its
    /// <c>ILSVRC/Data/CLS-LOC</c>. The validation images may also lie in one folder, with <c>LOC_val_solution.csv</c> or the devkit's
    /// <c>ILSVRC2012_validation_ground_truth.txt</c> and <c>meta.mat</c> beside or above, or as Tiny ImageNet has them, in <c>val/images</c> with <c>val_annotations.txt</c>.
    /// What is passed over is said in <c>BnnTrainer.Describe</c>, at a run's start and in result.json.
    /// Images are read and decoded while they are used. Tested on: the shorter side 8/7 of the size, then the middle; trained on: as
    /// <see cref="Augmentation.ImageNet"/>, unless the trainer says otherwise.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="size">Height and width of what the network gets, 1 to 4096; default 224.</param>
    /// <param name="skipDamaged">Leave damaged images out and count them (<c>EpochMetrics.SkippedImages</c>); default: they are errors. A file that
    /// is missing or cannot be read is always an error.</param>
    /// <param name="damagedLimit">Where damaged images are left out: the largest share of a set's images, 0 to 1, that may be damaged; more of them end
    /// the run. Default: 0.01.</param>
    /// <param name="exifOrientation">Turn images as their EXIF orientation says, as PIL's <c>ImageOps.exif_transpose</c> does. Default: they are used as
    /// they are stored, as PIL's <c>Image.open</c> gives them.</param>
    public static DataSource ImageFolder(
        string directory, int size = 224, bool skipDamaged = false, double damagedLimit = UsualDamagedLimit, bool exifOrientation = false)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return new ImageFolderSource(directory, size, Limit(skipDamaged, damagedLimit), exifOrientation);
    }

    /// <summary>The images of one folder, with a folder for each class or flat as ImageNet's validation images, to evaluate a network on.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="size">Height and width of what the network gets, 1 to 4096; default 224.</param>
    /// <param name="skipDamaged">Leave damaged images out and count them (<c>Evaluation.Skipped</c>); default: they are errors.</param>
    /// <param name="damagedLimit">The largest share of the images, 0 to 1, that may be left out as damaged. Default: 0.01.</param>
    /// <param name="exifOrientation">Turn images as their EXIF orientation says, as PIL's <c>ImageOps.exif_transpose</c> does. Default: they are used as
    /// they are stored, as PIL's <c>Image.open</c> gives them.</param>
    /// <exception cref="BnnFileException">The folder is missing, cannot be read, or holds no classes.</exception>
    /// <exception cref="BnnConfigurationException">The size or the share is out of range.</exception>
    public static Images TestFolder(
        string directory, int size = 224, bool skipDamaged = false, double damagedLimit = UsualDamagedLimit, bool exifOrientation = false)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var limit = Limit(skipDamaged, damagedLimit);
        SourceChecks.Require(size, limit);
        return new EncodedImages(Bnn.ImageFolder.OpenTest(directory), size, limit, isTurned: exifOrientation);
    }

    /// <summary>Images in tar files: <c>00012.jpg</c> and, with its class's index, <c>00012.cls</c>, or <c>00012.json</c>, whose number, <c>label</c> or <c>cls</c>
    /// is the class's index or name. Where no image of a file has either, its class is the name of the folder that it lies in. Without a size all have one, and they are
    /// decoded once into memory, for instance CIFAR-10's; with one they are read and decoded while they are used, as those of
    /// <see cref="ImageFolder"/> are.</summary>
    /// <param name="train">The file to train on, or several: <c>shards/train-*.tar</c>, <c>shards/train-{000..012}.tar</c>, <c>shards/{cats,dogs}.tar</c>.</param>
    /// <param name="test">The file or files to test on: after each epoch, and best.safetensors is chosen on them, so give those to validate on where there
    /// are such.</param>
    /// <param name="classes">A text file with a class's name in each line; default: <c>classes.txt</c> beside the training file. Where there is none, the names that
    /// the training images have, sorted.</param>
    /// <param name="size">Height and width of what the network gets, 1 to 4096; default: what the images have.</param>
    /// <param name="skipDamaged">Leave damaged images out and count them; default: they are errors.</param>
    /// <param name="damagedLimit">The largest share of a set's images, 0 to 1, that may be left out as damaged. Default: 0.01.</param>
    /// <param name="exifOrientation">Turn images as their EXIF orientation says, as PIL's <c>ImageOps.exif_transpose</c> does. Default: they are used as
    /// they are stored, as PIL's <c>Image.open</c> gives them.</param>
    public static DataSource TarShards(
        string train, string test, string? classes = null, int? size = null, bool skipDamaged = false, double damagedLimit = UsualDamagedLimit,
        bool exifOrientation = false)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        return new TarSource(train, test, classes, size, Limit(skipDamaged, damagedLimit), exifOrientation);
    }

    /// <summary>Data that are in memory already: pictures (<see cref="ImageSet"/>) or numbers (<see cref="FloatSet"/>).</summary>
    /// <param name="name">What the data are called in reports.</param>
    /// <param name="train">The examples to train on.</param>
    /// <param name="test">The examples to test on.</param>
    /// <exception cref="ArgumentException">The two sets differ in the size of their examples, in their classes or targets; or they are code of one's own.</exception>
    public static DataSource InMemory(string name, Examples train, Examples test)
    {
        var dataset = new Dataset(name, train, test);
        return train.IsOfItsUser || test.IsOfItsUser
            ? throw new ArgumentException("examples that are code have a version: use Data.Own(name, version, train, test)", nameof(train))
            : new MemorySource(dataset);
    }

    /// <summary>Data of one's own: classes derived from <see cref="Examples"/>.</summary>
    /// <param name="name">What the data are called in reports.</param>
    /// <param name="version">The author's version of them, not empty. A saved run goes on with the same name and version only, so change it with the
    /// numbers that they give.</param>
    /// <param name="train">The examples to train on.</param>
    /// <param name="test">The examples to test on.</param>
    /// <exception cref="ArgumentException">The two sets differ in the size of their examples, in their classes or targets; or the version is empty.</exception>
    public static DataSource Own(string name, string version, Examples train, Examples test)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(version);
        return new MemorySource(new(name, train, test), version);
    }

    private static double? Limit(bool skipDamaged, double limit) => skipDamaged ? limit : null;
}
