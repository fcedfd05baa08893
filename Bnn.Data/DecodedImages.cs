namespace Bnn;

/// <summary>Encoded images that are small and of one size, decoded once into memory, on all processors.</summary>
internal static class DecodedImages
{
    private const string Remedy = "give a size, to which images are then scaled whenever they are read";

    /// <summary>Decodes a set. Colour in every image, also where it is grey.</summary>
    /// <param name="set">The images.</param>
    /// <param name="damagedLimit">Up to which share damaged images are left out; null: the first one is an error.</param>
    /// <param name="isTurned">Whether images are turned as their EXIF orientation says.</param>
    /// <exception cref="BnnFileException">An image is damaged, or more than may be left out are; one cannot be read or is of another size than the first; or
    /// there are too many for memory.</exception>
    public static ImageSet Of(EncodedSet set, double? damagedLimit, bool isTurned = false)
    {
        var (height, width) = SizeOf(set, damagedLimit, isTurned);
        var length = 3 * height * width;
        if ((long)length * set.Count > Array.MaxLength)
        {
            throw new BnnFileException(
                set.NameOf(0), $"this and all other images, {set.Count:N0} of {height} x {width}, do not fit into one piece of memory", Remedy);
        }

        var pixels = GC.AllocateUninitializedArray<byte>(length * set.Count);
        var faults = new BnnFileException?[set.Count];
        Parallel.For(
            0, set.Count, () => new Worker(isTurned), (index, _, worker) =>
            {
                try
                {
                    worker.Decode(set, index, height, width, pixels.AsSpan(index * length, length));
                }
                catch (BnnFileException fault)
                {
                    faults[index] = fault;
                }

                return worker;
            },
            _ => { });

        var damaged = new DamagedImages(damagedLimit, set.Count);
        for (var index = 0; index < set.Count; index++)
        {
            damaged.Take(index, faults[index]);
        }

        var labels = Enumerable.Range(0, set.Count).Select(set.Label).ToArray();
        var all = new ImageSet(3, height, width, pixels, labels, set.Classes);
        var whole = Enumerable.Range(0, set.Count).Where(index => faults[index] is null).ToArray();
        return whole.Length == 0 ? throw faults[0]!
            : (whole.Length == set.Count ? all : (ImageSet)all.Pick(whole)).After(set.Count - whole.Length, set.PassedOver);
    }

    /// <summary>The size of the first image, or of the first that is whole.</summary>
    private static (int Height, int Width) SizeOf(EncodedSet set, double? damagedLimit, bool isTurned)
    {
        byte[] buffer = [];
        for (var index = 0; ; index++)
        {
            try
            {
                var header = ImageHeader.Read(set.NameOf(index), set.Read(index, ref buffer), isTurned);
                return (header.Height, header.Width);
            }
            catch (BnnFileException fault) when (fault.IsOfContent && damagedLimit is not null && index + 1 < set.Count)
            {
                // the next one may be whole
            }
        }
    }

    private sealed class Worker(bool isTurned)
    {
        private readonly ImageDecoder decoder = new();
        private byte[] buffer = [];

        public void Decode(EncodedSet set, int index, int height, int width, Span<byte> planes)
        {
            var file = set.Read(index, ref buffer);
            var path = set.NameOf(index);
            var header = ImageHeader.Read(path, file, isTurned);
            if ((header.Height, header.Width) != (height, width))
            {
                throw new BnnFileException(path, $"is {header.Height} x {header.Width} pixels; the first image is {height} x {width}", Remedy);
            }

            var interleaved = decoder.Decode(path, file, header).Pixels;
            var plane = height * width;
            for (var k = 0; k < plane; k++)
            {
                planes[k] = interleaved[3 * k];
                planes[plane + k] = interleaved[3 * k + 1];
                planes[2 * plane + k] = interleaved[3 * k + 2];
            }
        }
    }
}
