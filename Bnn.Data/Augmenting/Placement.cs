namespace Bnn;

/// <summary>Where an image is put: moved by so many pixels, and mirrored or not.</summary>
internal readonly record struct Placement(int Down, int Right, bool Mirrored)
{
    /// <summary>The placement that seed, epoch and index fix.</summary>
    public static Placement Draw(Augmentation augmentation, long seed, ulong epoch, int index)
    {
        var random = SplitMix64.Of(seed, epoch, (ulong)index);
        return Draw(augmentation, ref random);
    }

    /// <summary>All three numbers are always drawn: turning flips off leaves the shifts, and what is drawn after them, as they were.</summary>
    public static Placement Draw(Augmentation augmentation, ref SplitMix64 random)
    {
        var places = 2 * augmentation.Shift + 1;
        var down = random.Below(places) - augmentation.Shift;
        var right = random.Below(places) - augmentation.Shift;
        return new(down, right, random.Below(2) == 1 && augmentation.Flip);
    }
}
