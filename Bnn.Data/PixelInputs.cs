namespace Bnn;

/// <summary>Pixels as a network's inputs, (x / 255 - mean) / deviation, in the order channel, row, column.</summary>
internal static class PixelInputs
{
    private const int Values = 256;

    /// <summary>Writes an image of a set as it is.</summary>
    public static void Write(ImageSet set, int index, Normalization normalization, Span<float> destination)
    {
        var plane = set.Height * set.Width;
        var pixels = set.Pixels.Span.Slice(index * set.Channels * plane, set.Channels * plane);
        for (var channel = 0; channel < set.Channels; channel++)
        {
            var values = normalization.Table.Slice(Values * channel, Values);
            var source = pixels.Slice(channel * plane, plane);
            var target = destination.Slice(channel * plane, plane);
            for (var k = 0; k < source.Length; k++)
            {
                target[k] = values[source[k]];
            }
        }
    }

    /// <summary>Writes an image of a set mirrored and moved; what moves in is black.</summary>
    public static void Write(ImageSet set, int index, Placement placement, Normalization normalization, Span<float> destination)
    {
        var plane = set.Height * set.Width;
        var pixels = set.Pixels.Span.Slice(index * set.Channels * plane, set.Channels * plane);
        for (var channel = 0; channel < set.Channels; channel++)
        {
            Move(
                pixels.Slice(channel * plane, plane), destination.Slice(channel * plane, plane), set.Width,
                normalization.Table.Slice(Values * channel, Values), placement);
        }
    }

    private static void Move(ReadOnlySpan<byte> source, Span<float> target, int width, ReadOnlySpan<float> table, Placement placement)
    {
        var height = source.Length / width;
        var black = table[0];
        var first = Math.Max(0, placement.Right);
        var end = Math.Min(width, width + placement.Right);
        for (var row = 0; row < height; row++)
        {
            var to = target.Slice(row * width, width);
            var fromRow = row - placement.Down;
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
                var fromColumn = column - placement.Right;
                to[column] = table[from[placement.Mirrored ? width - 1 - fromColumn : fromColumn]];
            }
        }
    }
}
