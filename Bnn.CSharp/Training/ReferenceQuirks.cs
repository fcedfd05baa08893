using Bnn.Core;
using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>What the method's published code does, and that its text does not say or that nobody would want. With these a published
/// run can be repeated exactly; no other run has them.</summary>
[Flags]
public enum ReferenceQuirks
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The schedule goes by epoch and is stepped before the epoch that uses it: epoch e of E, from 0, has
    /// rate * (1 - (e + 1) / E). Effect: the last epoch has rate 0 and changes only batch norm's running statistics.</summary>
    ScheduleAhead = 1,

    /// <summary>Weight decay is of every parameter with four dimensions or "conv" in its name. Effect: learned shifts of activations and
    /// StrongBaseline's learned scales decay too.</summary>
    DecaysShifts = 2,

    /// <summary>The binary convolution's own first weights are uniform in 0..0.001. Effect: a training that begins with binary weights
    /// begins with every sign positive, from where C2I means little. Two-step training never sees them.</summary>
    PositiveStart = 4,

    /// <summary>Step 2 starts from the epoch of step 1 that was best on the test images. Effect: test images choose weights, and an
    /// evaluation an epoch is added to step 1.</summary>
    StartsFromBest = 8,

    /// <summary>The released ReActNet-A's step 2 names its binary weights differently from step 1 and loads what fits. Effect: it
    /// inherits no binary weight and starts with every sign positive; all else is inherited.</summary>
    LosesBinaryWeights = 16,

    /// <summary>The lighting noise, meant for pixels in 0..1, is added to 0..255 and cut off to whole numbers. Effect: each channel of a
    /// training image stays as it is or becomes darker by 1 of 255, in place of a change of colour.</summary>
    TruncatedLighting = 32,

    /// <summary>All that AdamBNN's code does.</summary>
    AdamBnn = ScheduleAhead | DecaysShifts | PositiveStart | StartsFromBest | TruncatedLighting,

    /// <summary>All that ReActNet's code does with ReActNet-A.</summary>
    ReActNetA = ScheduleAhead | DecaysShifts | PositiveStart | LosesBinaryWeights | TruncatedLighting,

    /// <summary>All that ReActNet's code does with ReActNet-18.</summary>
    ReActNet18 = ScheduleAhead | DecaysShifts | PositiveStart | TruncatedLighting,
}

internal static class ReferenceQuirksInCore
{
    private static readonly (ReferenceQuirks Flag, Quirk Quirk)[] All =
    [
        (ReferenceQuirks.ScheduleAhead, Quirk.ScheduleAhead), (ReferenceQuirks.DecaysShifts, Quirk.DecaysShifts),
        (ReferenceQuirks.PositiveStart, Quirk.PositiveStart), (ReferenceQuirks.StartsFromBest, Quirk.StartsFromBest),
        (ReferenceQuirks.LosesBinaryWeights, Quirk.LosesBinaryWeights),
    ];

    /// <summary>The augmentation with the quirk that is about images, where it is among these.</summary>
    public static Augmentation With(this Augmentation augmentation, ReferenceQuirks quirks) =>
        quirks.HasFlag(ReferenceQuirks.TruncatedLighting) ? augmentation with { TruncatedLighting = true } : augmentation;

    /// <summary>The quirks that are about the recipe, as the core has them.</summary>
    public static FSharpList<Quirk> Core(this ReferenceQuirks quirks) =>
        ListModule.OfSeq(All.Where(pair => quirks.HasFlag(pair.Flag)).Select(pair => pair.Quirk));

    /// <summary>Whether all of them are known.</summary>
    public static bool IsKnown(this ReferenceQuirks quirks) =>
        (quirks & ~All.Aggregate(ReferenceQuirks.TruncatedLighting, (known, pair) => known | pair.Flag)) == 0;
}
