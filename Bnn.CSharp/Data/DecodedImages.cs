namespace Bnn;

/// <summary>Encoded images that are small and of one size, decoded once into memory, on all processors.</summary>
internal static class DecodedImages
{
    private const string Remedy = "give a size, to which images are then scaled whenever they are read";

    /// <summary>Decodes a set. Colour in every image, also where it is grey.</summary>
    /// <param name="set">The images.</param>
    /// <param name="skipDamaged">Leave damaged images out; else the first one is an error.</param>
    /// <exception cref="BnnFileException">An image is damaged or of another size than the first, or there are too many for memory.</exception>
    public static ImageSet Of(EncodedSet set, bool skipDamaged)
    {
        var (height, width) = SizeOf(set, skipDamaged);
        var length = 3 * height * width;
        if ((long)length * set.Count > Array.MaxLength)
        {
            throw new BnnFileException(
                set.NameOf(0), $"and all others, {set.Count:N0} of {height} x {width}, do not fit into one piece of memory", Remedy);
        }

        var pixels = GC.AllocateUninitializedArray<byte>(length * set.Count);
        var damaged = new BnnFileException?[set.Count];
        Parallel.For(
            0, set.Count, () => new Worker(), (index, _, worker) =>
            {
                try
                {
                    worker.Decode(set, index, height, width, pixels.AsSpan(index * length, length));
                }
                catch (BnnFileException fault)
                {
                    damaged[index] = fault;
                }

                return worker;
            },
            worker => worker.Dispose());

        var first = damaged.FirstOrDefault(fault => fault is not null);
        var labels = Enumerable.Range(0, set.Count).Select(set.Label).ToArray();
        if (first is null)
        {
            return new(3, height, width, pixels, labels, set.Classes);
        }

        var whole = Enumerable.Range(0, set.Count).Where(index => damaged[index] is null).ToArray();
        return skipDamaged && whole.Length > 0
            ? new ImageSet(3, height, width, pixels, labels, set.Classes).Without(whole, set.Count - whole.Length)
            : throw first;
    }

    /// <summary>The size of the first image, or of the first that is whole.</summary>
    private static (int Height, int Width) SizeOf(EncodedSet set, bool skipDamaged)
    {
        byte[] buffer = [];
        for (var index = 0; ; index++)
        {
            try
            {
                var header = ImageHeader.Read(set.NameOf(index), set.Read(index, ref buffer));
                return (header.Height, header.Width);
            }
            catch (BnnFileException) when (skipDamaged && index + 1 < set.Count)
            {
                // the next one may be whole
            }
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly ImageDecoder decoder = new();
        private byte[] buffer = [];

        public void Decode(EncodedSet set, int index, int height, int width, Span<byte> planes)
        {
            var file = set.Read(index, ref buffer);
            var path = set.NameOf(index);
            var header = ImageHeader.Read(path, file);
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

        public void Dispose() => decoder.Dispose();
    }
}
