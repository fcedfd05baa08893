using System.Text;

namespace Bnn;

/// <summary>Pictures on the console.</summary>
public static class PictureText
{
    private const string Ramp = " .:-=+*#%@";

    /// <summary>The picture in characters, dark to bright: one column a pixel, two rows of pixels a line, each line ended by a
    /// line feed. Colour is averaged.</summary>
    public static string ToText(this Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var pixels = picture.Pixels.Span;
        var text = new StringBuilder();
        for (var y = 0; y < picture.Height; y += 2)
        {
            var line = new StringBuilder();
            for (var x = 0; x < picture.Width; x++)
            {
                var (sum, count) = (0, 0);
                for (var c = 0; c < picture.Channels; c++)
                {
                    for (var row = y; row < Math.Min(y + 2, picture.Height); row++)
                    {
                        sum += pixels[(c * picture.Height + row) * picture.Width + x];
                        count++;
                    }
                }

                line.Append(Ramp[sum * (Ramp.Length - 1) / (255 * count)]);
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
