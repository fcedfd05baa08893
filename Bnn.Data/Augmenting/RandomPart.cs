namespace Bnn;

/// <summary>Draws parts of images.</summary>
internal static class RandomPart
{
    private const int Tries = 10;

    /// <summary>A part of random area and shape, as torchvision's RandomResizedCrop draws it.</summary>
    public static PixelBox Draw(RandomResizedCrop of, int width, int height, ref SplitMix64 random)
    {
        var (low, high) = (Math.Log(of.MinRatio), Math.Log(of.MaxRatio));
        for (var k = 0; k < Tries; k++)
        {
            var area = (double)width * height * (of.MinArea + (of.MaxArea - of.MinArea) * random.Uniform());
            var ratio = Math.Exp(low + (high - low) * random.Uniform());
            var (w, h) = ((int)Math.Round(Math.Sqrt(area * ratio)), (int)Math.Round(Math.Sqrt(area / ratio)));
            if (w > 0 && w <= width && h > 0 && h <= height)
            {
                var y = random.Below(height - h + 1);
                return new(random.Below(width - w + 1), y, w, h);
            }
        }

        return Middle(of, width, height);
    }

    /// <summary>The largest part of an allowed shape, in the middle.</summary>
    private static PixelBox Middle(RandomResizedCrop of, int width, int height)
    {
        var ratio = (double)width / height;
        var (w, h) = ratio < of.MinRatio ? (width, (int)Math.Round(width / of.MinRatio))
            : ratio > of.MaxRatio ? ((int)Math.Round(height * of.MaxRatio), height)
            : (width, height);
        (w, h) = (Math.Clamp(w, 1, width), Math.Clamp(h, 1, height));
        return new((width - w) / 2, (height - h) / 2, w, h);
    }
}
