namespace Bnn;

/// <summary>Reads images in memory.</summary>
internal sealed class ImageSetReader(ImageSet images) : ExampleReader
{
    private readonly Resampling resampling = new();
    private readonly ImageAugmenter augmenter = new(images.Height, images.Width);
    private readonly byte[] source = new byte[3 * images.Height * images.Width];

    public override void Write(int index, View view, Span<float> destination)
    {
        if (view.Augmentation is not { } augmentation)
        {
            PixelInputs.Write(images, index, view.Normalization, destination);
        }
        else if (augmentation.IsOfPlaceAlone)
        {
            PixelInputs.Write(
                images, index, Placement.Draw(augmentation, view.Seed, view.Epoch, index), view.Normalization, destination);
        }
        else
        {
            Vary(index, augmentation, view, destination);
        }
    }

    // Colour images, by the checks of the augmentation.
    private void Vary(int index, Augmentation augmentation, View view, Span<float> destination)
    {
        var random = SplitMix64.Of(view.Seed, view.Epoch, (ulong)index);
        var placement = Placement.Draw(augmentation, ref random);
        Interleave(images.Pixels.Span.Slice(index * source.Length, source.Length), source);
        if (augmentation.Crop is { } crop)
        {
            var part = RandomPart.Draw(crop, images.Width, images.Height, ref random);
            resampling.Resize(source, 3 * images.Width, part, images.Width, images.Height, new(0, 0, images.Width, images.Height), augmenter.Pixels);
        }
        else
        {
            source.CopyTo(augmenter.Pixels.AsSpan());
        }

        augmenter.Write(augmentation, placement, ref random, view.Normalization, destination);
    }

    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels)
    {
        var plane = planes.Length / 3;
        for (var k = 0; k < plane; k++)
        {
            (pixels[3 * k], pixels[3 * k + 1], pixels[3 * k + 2]) = (planes[k], planes[plane + k], planes[2 * plane + k]);
        }
    }
}
