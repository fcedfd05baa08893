
namespace Bnn;

/// <summary>A published training on ImageNet: network, two steps, Adam, learning rate linear to 0, batch.</summary>
public enum Preset
{
    /// <summary>"How Do Adam and Training Strategies Help BNNs Optimization?" (ICML 2021): ReActNet-A, 256 epochs each step, weight decay
    /// 5e-6 then 0, batches of 256, learning rate 1.25e-3. Published: 70.5 % top-1.</summary>
    AdamBnn,

    /// <summary>ReActNet (ECCV 2020), its code's settings for ReActNet-A: 128 epochs each step, weight decay 1e-5 then 0, batches of 256,
    /// learning rate 1.25e-3. Published: 69.4 % top-1.</summary>
    ReActNetA,

    /// <summary>ReActNet (ECCV 2020), its code's settings for ReActNet-18: 128 epochs each step, weight decay 1e-5 then 0, batches of 512,
    /// learning rate 2.5e-3. Published: 65.9 % top-1.</summary>
    ReActNet18,
}

internal static class Presets
{
    /// <summary>The settings with a preset's network and recipe, and the schedule that it leaves open, in place of theirs.</summary>
    public static TrainerSettings Apply(this TrainerSettings settings, Preset preset) => settings.With(Recipes.Of(preset)) with
    {
        DefaultModel = preset == Preset.ReActNet18 ? Models.ReActNet18 : Models.ReActNetA,
        Schedule = null,
    };
}
