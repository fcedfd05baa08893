using Microsoft.FSharp.Core;

namespace Bnn;

/// <summary>Recipes: trainings as data. <see cref="BnnTrainer.TwoStep"/> and its like make them for a trainer.</summary>
public static class Recipes
{
    private static WeightDecay PaperDecay { get; } = WeightDecay.Of(RecipeModule.defaults.WeightDecay.Rate);

    /// <summary>First with binary activations, real weights and weight decay; then, from there, with binary weights too and without decay
    /// (the paper, section 5.2).</summary>
    /// <param name="wd">Weight decay in step 1; null for the paper's 5e-6 of the convolutions' weights.</param>
    /// <param name="epochs">Passes over the training images, each step.</param>
    public static Recipe TwoStep(WeightDecay? wd = null, int epochs = 6) => RecipeModule.twoStep(Options(wd, epochs));

    /// <summary>Binary weights and activations from the start.</summary>
    /// <param name="wd">Weight decay; null for the paper's 5e-6 of the convolutions' weights.</param>
    /// <param name="epochs">Passes over the training images.</param>
    public static Recipe OneStep(WeightDecay? wd = null, int epochs = 12) => RecipeModule.oneStep(Options(wd, epochs));

    /// <summary>The other order: first with binary weights, real activations and weight decay; then with binary activations too and without
    /// decay. The paper's control (Table 4).</summary>
    /// <param name="wd">Weight decay in step 1; null for the paper's 5e-6 of the convolutions' weights.</param>
    /// <param name="epochs">Passes over the training images, each step.</param>
    public static Recipe WeightsFirst(WeightDecay? wd = null, int epochs = 6) => RecipeModule.weightsFirst(Options(wd, epochs));

    /// <summary>A published training: two steps, Adam with its learning rate, its batch. The schedule, linear to 0, is the trainer's default.
    /// It is the published text's training, not its code's: for that <c>WithDeviations</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset.</exception>
    public static Recipe Of(Preset preset) => preset switch
    {
        Preset.AdamBnn => Published.adamBnn,
        Preset.ReActNetA => Published.reActNetA,
        Preset.ReActNet18 => Published.reActNet18,
        _ => throw OutOfRange.Of(nameof(preset), preset, "allowed: AdamBnn, ReActNetA, ReActNet18"),
    };

    /// <summary>The recipe that <see cref="RecipeMembers.ToJson"/> has written.</summary>
    /// <exception cref="BnnConfigurationException">It is no recipe; lists every fault.</exception>
    public static Recipe FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return FaultModule.orRaise(ValueJson.toRecipe(json));
    }

    private static RecipeModule.Options Options(WeightDecay? wd, int epochs) =>
        new(wd ?? PaperDecay, FSharpOption<Expr>.None, epochs);
}
