using System.Text;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>How training images are augmented, anew in each epoch. What happens to an image depends on seed, epoch and its place in the set alone.</summary>
/// <param name="Flip">Mirror left to right, half of the time.</param>
/// <param name="Shift">Move by up to this many pixels in each direction; what comes in is black (a padding crop). At least 0, below the
/// image's height and width.</param>
public sealed record Augmentation(bool Flip, int Shift)
{
    /// <summary>Images as they are.</summary>
    public static Augmentation None { get; } = new(false, 0);

    /// <summary>The usual one for CIFAR-10: mirrored, moved by up to 4 pixels.</summary>
    public static Augmentation Cifar { get; } = new(true, 4);

    /// <summary>The usual one for large images: a part of 8 to 100 % of their area, mirrored.</summary>
    public static Augmentation LargeImages { get; } = new(true, 0) { Crop = new() };

    /// <summary>The paper's on ImageNet: <see cref="LargeImages"/> and lighting of 0.1.</summary>
    public static Augmentation ImageNet { get; } = LargeImages with { Lighting = 0.1 };

    /// <summary>Take a part of the image and scale it to the network's size; null: the image as it is tested on.</summary>
    public RandomResizedCrop? Crop { get; init; }

    /// <summary>Change brightness, contrast and saturation; null: do not.</summary>
    public ColourJitter? Jitter { get; init; }

    /// <summary>Deviation of the lighting noise, at least 0; 0 for none, 0.1 usual. The colour (Krizhevsky et al., 2012, section 4.1)
    /// sum_i p_i a_i l_i, with p_i and l_i the eigenvectors and eigenvalues of ImageNet's colours in 0..1, a_i normal with this deviation,
    /// is added to every pixel.</summary>
    public double Lighting { get; init; }

    /// <summary>Lighting as the paper's code has it: its noise, meant for pixels in 0..1, is added to 0..255 and cut off to whole
    /// numbers. Effect: a channel stays or becomes darker by 1.</summary>
    public bool TruncatedLighting { get; init; }

    /// <summary>Whether colours and sizes stay.</summary>
    internal bool IsOfPlaceAlone => Crop is null && Jitter is null && Lighting == 0;

    /// <summary>In words, for descriptions.</summary>
    internal string InWords()
    {
        var parts = new List<FormattableString>();
        if (Crop is { } crop)
        {
            parts.Add($"a part of {100 * crop.MinArea:0.#} to {100 * crop.MaxArea:0.#} % scaled to the size");
        }

        if (Flip)
        {
            parts.Add($"mirrored half of the time");
        }

        if (Shift > 0)
        {
            parts.Add($"moved by up to {Shift} pixels");
        }

        if (Jitter is { } jitter)
        {
            parts.Add($"brightness, contrast and saturation by up to {jitter.Brightness}, {jitter.Contrast}, {jitter.Saturation}");
        }

        if (Lighting > 0)
        {
            parts.Add($"lighting {Lighting}{(TruncatedLighting ? ", cut off to whole numbers" : "")}");
        }

        return parts.Count == 0 ? "as they are" : string.Join("; ", parts.Select(FormattableString.Invariant));
    }

    /// <summary>What result.json keeps of it.</summary>
    internal JsonObject ToJson() => new()
    {
        ["flip"] = Flip,
        ["shift"] = Shift,
        ["crop"] = Crop is null ? null : new JsonArray(Crop.MinArea, Crop.MaxArea, Crop.MinRatio, Crop.MaxRatio),
        ["jitter"] = Jitter is null ? null : new JsonArray(Jitter.Brightness, Jitter.Contrast, Jitter.Saturation),
        ["lighting"] = Lighting,
        ["truncatedLighting"] = TruncatedLighting,
    };

    /// <summary>All that is wrong, for these examples.</summary>
    internal IEnumerable<Fault> Validate(Examples examples) => examples.CanBeAugmented || this == None
        ? Validate(examples.Channels, examples.Height, examples.Width)
        : [new("augmentation", InWords(), "Augmentation.None, for examples that are numbers: only pictures are augmented")];

    /// <summary>All that is wrong, for images of this size.</summary>
    internal IEnumerable<Fault> Validate(int channels, int height, int width)
    {
        if (Shift < 0 || Shift >= Math.Min(height, width))
        {
            yield return new("shift", $"{Shift}", "at least 0 and below the images' height and width");
        }

        if (Crop is { } crop)
        {
            var valid = crop.MinArea > 0 && crop.MinArea <= crop.MaxArea && crop.MaxArea <= 1
                && crop.MinRatio > 0 && crop.MinRatio <= crop.MaxRatio && double.IsFinite(crop.MaxRatio);
            if (!valid)
            {
                yield return new(
                    "crop", FormattableString.Invariant($"areas {crop.MinArea} to {crop.MaxArea}, ratios {crop.MinRatio} to {crop.MaxRatio}"),
                    "0 < MinArea <= MaxArea <= 1 and 0 < MinRatio <= MaxRatio");
            }
        }

        if (Jitter is { } jitter && !(jitter.Brightness is >= 0 and <= 1 && jitter.Contrast is >= 0 and <= 1 && jitter.Saturation is >= 0 and <= 1))
        {
            yield return new(
                "jitter", FormattableString.Invariant($"{jitter.Brightness}, {jitter.Contrast}, {jitter.Saturation}"), "each of its numbers 0 to 1");
        }

        if (!(Lighting >= 0 && double.IsFinite(Lighting)))
        {
            yield return new("lighting", FormattableString.Invariant($"{Lighting}"), "a finite number of at least 0");
        }

        if (channels != 3 && (Crop is not null || Jitter is not null || Lighting > 0))
        {
            yield return new("augmentation", "a crop, jitter or lighting", $"flip and shift, for images of {channels} channels; the others are for colour images");
        }
    }

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>A part of an image of random area and shape, scaled to the network's size (Szegedy et al., 2015), as torchvision's
/// RandomResizedCrop draws it: ten tries, else the largest part in the middle of an allowed shape.</summary>
/// <param name="MinArea">The smallest share of the image's area, above 0; default 0.08.</param>
/// <param name="MaxArea">The largest, up to 1; default 1.</param>
/// <param name="MinRatio">The smallest width / height; default 3/4.</param>
/// <param name="MaxRatio">The largest; default 4/3.</param>
public sealed record RandomResizedCrop(double MinArea = 0.08, double MaxArea = 1, double MinRatio = 3.0 / 4, double MaxRatio = 4.0 / 3)
{
    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>Brightness, contrast and saturation times a factor in 1 - x to 1 + x each, in random order: the pixel is blended with black,
/// with the image's mean grey, with its own grey (ITU-R 601 luma).</summary>
/// <param name="Brightness">x of brightness, 0 to 1.</param>
/// <param name="Contrast">x of contrast, 0 to 1.</param>
/// <param name="Saturation">x of saturation, 0 to 1.</param>
public sealed record ColourJitter(double Brightness = 0.4, double Contrast = 0.4, double Saturation = 0.4)
{
    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}
