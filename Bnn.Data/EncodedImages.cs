namespace Bnn;

/// <summary>Colour images as they are stored, of any sizes, decoded and scaled when they are needed. Tested on as torchvision does it:
/// the shorter side becomes 8/7 of the network's size (256 for 224), and the middle is taken; both with Pillow's bits.</summary>
internal sealed class EncodedImages(EncodedSet set, int size, double? damagedLimit, JpegWay way = JpegWay.Fastest, bool isTurned = false) : Images
{
    public override int Count => set.Count;

    public override FeatureSize Size => FeatureSize.Of(3, size, size);

    public override IReadOnlyList<string> Classes => set.Classes;

    internal override Augmentation UsualAugmentation => Augmentation.ImageNet;

    internal override int UsualWorkers => Environment.ProcessorCount;

    internal override double? DamagedLimit => damagedLimit;

    internal override PassedOver PassedOver => set.PassedOver;

    public override Picture this[int index] => Seen(index, new View(Normalization.Bytes(Channels)));

    public override int Label(int index) => set.Label(index);

    internal override string NameOf(int index) => set.NameOf(index);

    internal override (double[] Means, double[] Deviations) ChannelMoments() =>
        ([.. Normalization.ImageNet.Means], [.. Normalization.ImageNet.Deviations]);

    internal override DataIdentity Identity() => isTurned ? DataIdentity.OfFiles(set).With(size, 1) : DataIdentity.OfFiles(set).With(size);

    internal override Examples Pick(ReadOnlySpan<int> indices) => new EncodedImages(set.Pick(indices.ToArray()), size, damagedLimit, way, isTurned);

    internal override ExampleReader OpenReader() => new Reader(set, size, way, isTurned);

    private sealed class Reader(EncodedSet set, int size, JpegWay way, bool isTurned) : ExampleReader
    {
        private readonly ImageDecoder decoder = new(way);
        private readonly Resampling resampling = new();
        private readonly ImageAugmenter augmenter = new(size, size);
        private readonly PixelBox all = new(0, 0, size, size);
        private byte[] buffer = [];

        public override void Write(int index, View view, Span<float> destination)
        {
            var file = set.Read(index, ref buffer);
            var path = set.NameOf(index);
            var header = ImageHeader.Read(path, file, isTurned);
            if (view.Augmentation is not { } augmentation)
            {
                Middle(path, file, header);
                augmenter.Write(view.Normalization, destination);
                return;
            }

            var random = SplitMix64.Of(view.Seed, view.Epoch, (ulong)index);
            var placement = Placement.Draw(augmentation, ref random);
            if (augmentation.Crop is { } crop)
            {
                var part = RandomPart.Draw(crop, header.Width, header.Height, ref random);
                var image = decoder.DecodePart(path, file, header, part, size, size);
                resampling.Resize(image.Pixels, image.Stride, image.Part, size, size, all, augmenter.Pixels);
            }
            else
            {
                Middle(path, file, header);
            }

            augmenter.Write(augmentation, placement, ref random, view.Normalization, destination);
        }

        private void Middle(string path, ReadOnlySpan<byte> file, in ImageHeader header)
        {
            var image = decoder.Decode(path, file, header);
            var (width, height) = TestSize.Scaled(header.Width, header.Height, size);
            resampling.Resize(
                image.Pixels, image.Stride, image.Part, width, height, TestSize.Middle(width, height, size), augmenter.Pixels);
        }
    }
}

/// <summary>torchvision's Resize and CenterCrop.</summary>
internal static class TestSize
{
    /// <summary>The size to which an image is scaled: its shorter side becomes 8/7 of <paramref name="size"/>.</summary>
    public static (int Width, int Height) Scaled(int width, int height, int size)
    {
        var shorter = (int)Math.Round(size * 8 / 7.0);
        return width <= height
            ? (shorter, Math.Max(1, (int)((long)shorter * height / width)))
            : (Math.Max(1, (int)((long)shorter * width / height)), shorter);
    }

    /// <summary>The middle of it; halves are rounded to even, as Python rounds.</summary>
    public static PixelBox Middle(int width, int height, int size) =>
        new((int)Math.Round((width - size) / 2.0), (int)Math.Round((height - size) / 2.0), size, size);
}
