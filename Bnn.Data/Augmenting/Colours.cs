namespace Bnn;

/// <summary>Random changes of the colours of 8-bit RGB pixels, one after the other in memory.</summary>
internal static class Colours
{
    // Krizhevsky et al. (2012) name the method; the numbers are those of ImageNet's training images in 0..1, as public trainings have them.
    private static readonly double[] Eigenvalues = [0.2175, 0.0188, 0.0045];

    private static readonly double[][] Eigenvectors =
    [
        [-0.5675, 0.7192, 0.4009],
        [-0.5808, -0.0045, -0.8140],
        [-0.5836, -0.6948, 0.4203],
    ];

    /// <summary>What lighting adds to each channel of pixels in 0..1: sum_i p_i a_i l_i, a_i normal with this deviation.</summary>
    public static (double Red, double Green, double Blue) Lighting(double deviation, ref SplitMix64 random)
    {
        var (a, b, c) = (random.Normal() * deviation, random.Normal() * deviation, random.Normal() * deviation);
        double Channel(double[] vector) => vector[0] * a * Eigenvalues[0] + vector[1] * b * Eigenvalues[1] + vector[2] * c * Eigenvalues[2];
        return (Channel(Eigenvectors[0]), Channel(Eigenvectors[1]), Channel(Eigenvectors[2]));
    }

    /// <summary>The paper's code's lighting: adds to pixels in 0..255 what is meant for 0..1, clips and cuts off the fraction.</summary>
    public static void AddTruncated(Span<byte> pixels, (double Red, double Green, double Blue) added)
    {
        Span<byte> table = stackalloc byte[3 * 256];
        double[] channels = [added.Red, added.Green, added.Blue];
        for (var channel = 0; channel < 3; channel++)
        {
            for (var value = 0; value < 256; value++)
            {
                table[256 * channel + value] = (byte)Math.Clamp(value + channels[channel], 0, 255);
            }
        }

        for (var k = 0; k + 2 < pixels.Length; k += 3)
        {
            pixels[k] = table[pixels[k]];
            pixels[k + 1] = table[256 + pixels[k + 1]];
            pixels[k + 2] = table[512 + pixels[k + 2]];
        }
    }

    /// <summary>Changes brightness, contrast and saturation in random order.</summary>
    public static void Jitter(Span<byte> pixels, ColourJitter jitter, ref SplitMix64 random)
    {
        Span<int> order = [0, 1, 2];
        for (var last = 2; last > 0; last--)
        {
            var other = random.Below(last + 1);
            (order[last], order[other]) = (order[other], order[last]);
        }

        foreach (var change in order)
        {
            var width = change switch { 0 => jitter.Brightness, 1 => jitter.Contrast, _ => jitter.Saturation };
            var factor = 1 + width * (2 * random.Uniform() - 1);
            switch (change)
            {
                case 0:
                    Blend(pixels, 0, factor);
                    break;
                case 1:
                    Blend(pixels, MeanGrey(pixels), factor);
                    break;
                default:
                    Saturate(pixels, factor);
                    break;
            }
        }
    }

    /// <summary>Pixels blended with one grey: grey + factor (pixel - grey).</summary>
    public static void Blend(Span<byte> pixels, double grey, double factor)
    {
        Span<byte> table = stackalloc byte[256];
        for (var value = 0; value < 256; value++)
        {
            table[value] = Byte(grey + factor * (value - grey));
        }

        foreach (ref var pixel in pixels)
        {
            pixel = table[pixel];
        }
    }

    /// <summary>Pixels blended with their own grey.</summary>
    public static void Saturate(Span<byte> pixels, double factor)
    {
        for (var k = 0; k + 2 < pixels.Length; k += 3)
        {
            double grey = Grey(pixels, k);
            pixels[k] = Byte(grey + factor * (pixels[k] - grey));
            pixels[k + 1] = Byte(grey + factor * (pixels[k + 1] - grey));
            pixels[k + 2] = Byte(grey + factor * (pixels[k + 2] - grey));
        }
    }

    private static double MeanGrey(ReadOnlySpan<byte> pixels)
    {
        var sum = 0L;
        for (var k = 0; k + 2 < pixels.Length; k += 3)
        {
            sum += Grey(pixels, k);
        }

        return Math.Round(sum / (pixels.Length / 3.0));
    }

    /// <summary>ITU-R 601 luma in 16 bits of fraction, rounded.</summary>
    private static int Grey(ReadOnlySpan<byte> pixels, int at) =>
        (19595 * pixels[at] + 38470 * pixels[at + 1] + 7471 * pixels[at + 2] + 0x8000) >> 16;

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
