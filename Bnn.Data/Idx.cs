namespace Bnn;

/// <summary>
/// Reads the IDX format of MNIST and Fashion-MNIST: unsigned bytes, as they are or compressed by gzip, which is
/// recognised by the content and not by the name.
/// </summary>
public static class Idx
{
    /// <summary>Reads a file of grey images and the file of their labels.</summary>
    /// <param name="imagesFile">The file of images, magic number 0x00000803.</param>
    /// <param name="labelsFile">The file of labels, magic number 0x00000801.</param>
    /// <param name="classes">The names of the classes; label 0 is the first.</param>
    /// <exception cref="BnnFileException">A file cannot be read, is damaged, or the two do not belong together.</exception>
    public static ImageSet Read(string imagesFile, string labelsFile, IReadOnlyList<string> classes)
    {
        ArgumentNullException.ThrowIfNull(imagesFile);
        ArgumentNullException.ThrowIfNull(labelsFile);

        using var images = Open(imagesFile);
        using var labels = Open(labelsFile);
        return Read(images, imagesFile, labels, labelsFile, classes);
    }

    /// <summary>Reads from streams; the names stand in errors.</summary>
    internal static ImageSet Read(
        Stream images, string imagesName, Stream labels, string labelsName, IReadOnlyList<string> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        OutOfRange.ThrowIfLess(classes.Count, 1, nameof(classes));

        // The labels first: they are small, and an image file of another count is then refused by its header alone.
        var (_, labelBytes) = IdxFile.Read(labels, labelsName, IdxKind.Labels, null);
        var numbers = Array.ConvertAll(labelBytes, label => (int)label);
        var wrong = numbers.AsSpan().IndexOfAnyExceptInRange(0, classes.Count - 1);
        if (wrong >= 0)
        {
            throw new BnnFileException(
                labelsName,
                $"label {numbers[wrong]} of image {wrong} is not within 0..{classes.Count - 1}",
                $"use the labels of a set with {classes.Count} classes");
        }

        var companion = new IdxCompanion(labelsName, numbers.Length);
        var (sizes, pixels) = IdxFile.Read(images, imagesName, IdxKind.Images, companion);
        return new(1, sizes[1], sizes[2], pixels, numbers, classes);
    }

    private static FileStream Open(string file)
    {
        try
        {
            return RegularFile.Open(file);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BnnFileException(file, "there is no such file", "give the path of an IDX file", error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException && Directory.Exists(file))
        {
            throw new BnnFileException(file, "is a folder", "give the path of an IDX file", error);
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw new BnnFileException(
                file, $"cannot be opened ({error.Message})", "give the path of an IDX file you may read", error);
        }
    }
}
