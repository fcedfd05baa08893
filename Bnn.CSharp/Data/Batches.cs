namespace Bnn;

/// <summary>Fills the input of a network with images, as normalised floats (x / 255 - mean) / deviation.</summary>
internal static class Batches
{
    /// <summary>Writes the images at the indices, in the order image, channel, row, column.</summary>
    /// <param name="set">The set the indices point into.</param>
    /// <param name="indices">The images to write.</param>
    /// <param name="destination">Exactly as long as these images.</param>
    /// <param name="means">One mean a channel, of <see cref="ImageSet.MeanAndDeviation"/>.</param>
    /// <param name="deviations">One deviation a channel; 0, that of a channel with one value only, divides by 1.</param>
    public static void Fill(
        ImageSet set, ReadOnlySpan<int> indices, Span<float> destination,
        ReadOnlySpan<float> means, ReadOnlySpan<float> deviations)
    {
        Check(set, indices, destination, means, deviations);

        Span<float> table = stackalloc float[256];
        var pixels = set.Pixels.Span;
        var plane = set.Height * set.Width;
        for (var channel = 0; channel < set.Channels; channel++)
        {
            Normalise(table, means[channel], deviations[channel]);
            for (var i = 0; i < indices.Length; i++)
            {
                var source = pixels.Slice((indices[i] * set.Channels + channel) * plane, plane);
                var target = destination.Slice((i * set.Channels + channel) * plane, plane);
                for (var k = 0; k < source.Length; k++)
                {
                    target[k] = table[source[k]];
                }
            }
        }
    }

    /// <summary>
    /// As <see cref="Fill"/>, each image mirrored left to right at random and moved by up to <paramref name="shift"/>
    /// pixels in each direction; what moves in is black. What happens to an image depends on seed, epoch and its
    /// index in the set alone, never on the batch it is in.
    /// </summary>
    /// <param name="set">The set the indices point into.</param>
    /// <param name="indices">The images to write.</param>
    /// <param name="destination">Exactly as long as these images.</param>
    /// <param name="means">One mean a channel.</param>
    /// <param name="deviations">One deviation a channel.</param>
    /// <param name="flip">Whether half of the images are mirrored.</param>
    /// <param name="shift">The largest shift, at least 0 and less than height and width.</param>
    /// <param name="seed">The seed of the training.</param>
    /// <param name="epoch">The epoch, so that an image changes from one to the next.</param>
    public static void FillAugmented(
        ImageSet set, ReadOnlySpan<int> indices, Span<float> destination,
        ReadOnlySpan<float> means, ReadOnlySpan<float> deviations,
        bool flip, int shift, ulong seed, ulong epoch)
    {
        Check(set, indices, destination, means, deviations);
        if (shift < 0 || shift >= Math.Min(set.Height, set.Width))
        {
            throw new ArgumentOutOfRangeException(
                nameof(shift), shift,
                $"an image of {set.Height} x {set.Width} shifts by 0 to {Math.Min(set.Height, set.Width) - 1} pixels");
        }

        Span<float> table = stackalloc float[256];
        var pixels = set.Pixels.Span;
        var plane = set.Height * set.Width;
        for (var channel = 0; channel < set.Channels; channel++)
        {
            Normalise(table, means[channel], deviations[channel]);
            for (var i = 0; i < indices.Length; i++)
            {
                // Made anew for each channel: all channels of an image must move together.
                // All three numbers are always drawn: turning flips off leaves the shifts as they were.
                var random = SplitMix64.Of(seed, epoch, (ulong)indices[i]);
                var down = random.Below(2 * shift + 1) - shift;
                var right = random.Below(2 * shift + 1) - shift;
                var mirrored = random.Below(2) == 1 && flip;

                Move(
                    pixels.Slice((indices[i] * set.Channels + channel) * plane, plane),
                    destination.Slice((i * set.Channels + channel) * plane, plane),
                    set.Width, table, down, right, mirrored);
            }
        }
    }

    private static void Move(
        ReadOnlySpan<byte> source, Span<float> target, int width, ReadOnlySpan<float> table,
        int down, int right, bool mirrored)
    {
        var height = source.Length / width;
        var black = table[0];
        var first = Math.Max(0, right);
        var end = Math.Min(width, width + right);

        for (var row = 0; row < height; row++)
        {
            var to = target.Slice(row * width, width);
            var fromRow = row - down;
            if (fromRow < 0 || fromRow >= height)
            {
                to.Fill(black);
                continue;
            }

            var from = source.Slice(fromRow * width, width);
            to[..first].Fill(black);
            to[end..].Fill(black);
            for (var column = first; column < end; column++)
            {
                var fromColumn = column - right;
                to[column] = table[from[mirrored ? width - 1 - fromColumn : fromColumn]];
            }
        }
    }

    private static void Normalise(Span<float> table, float mean, float deviation)
    {
        var divisor = deviation == 0 ? 1 : deviation;
        for (var value = 0; value < table.Length; value++)
        {
            table[value] = (value / 255f - mean) / divisor;
        }
    }

    private static void Check(
        ImageSet set, ReadOnlySpan<int> indices, ReadOnlySpan<float> destination,
        ReadOnlySpan<float> means, ReadOnlySpan<float> deviations)
    {
        var expected = ImageSize.Bytes(indices.Length, set.Channels, set.Height, set.Width);
        if ((UInt128)destination.Length != expected)
        {
            throw new ArgumentException(
                $"{indices.Length} images of {ImageSize.Text(set.Channels, set.Height, set.Width)} fill {expected} floats, not {destination.Length}",
                nameof(destination));
        }

        if (means.Length != set.Channels || deviations.Length != set.Channels)
        {
            throw new ArgumentException(
                $"{set.Channels} channels need as many means and deviations, not {means.Length} and {deviations.Length}",
                nameof(means));
        }

        foreach (var deviation in deviations)
        {
            if (!(deviation >= 0 && float.IsFinite(deviation)))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(deviations), deviation, "a deviation is a finite number, at least 0");
            }
        }

        var wrong = indices.IndexOfAnyExceptInRange(0, set.Count - 1);
        if (wrong >= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(indices), indices[wrong], $"the set holds the images 0 to {set.Count - 1}");
        }
    }
}
