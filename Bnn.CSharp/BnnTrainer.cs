using System.Diagnostics.Contracts;

namespace Bnn;

/// <summary>
/// Trains a binary network. Each call returns a new trainer and changes nothing; nothing runs before <see cref="Train"/>.
/// <code>new BnnTrainer().WithAdam().TwoStep(wd: 5e-6).Train()</code>
/// trains a small ReActNet on the built-in Fashion-MNIST sample.
/// </summary>
/// <remarks>Method: Liu et al., "How Do Adam and Training Strategies Help BNNs Optimization?", ICML 2021.</remarks>
public sealed partial class BnnTrainer
{
    private readonly TrainerSettings settings;

    /// <summary>The defaults: a small ReActNet for the data's images, the built-in Fashion-MNIST sample, Adam, two-step with
    /// decay 5e-6, batches of 64 images, seed 1, all processors.</summary>
    public BnnTrainer()
        : this(new TrainerSettings())
    {
    }

    private BnnTrainer(TrainerSettings settings) => this.settings = settings;

    /// <summary>Trains this network. Default: <see cref="Models.ReActNetSmall"/>, or the preset's, for the data's images.</summary>
    [Pure]
    public BnnTrainer WithModel(ModelDescription model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(settings with { Model = model, OwnNetwork = null });
    }

    /// <summary>Trains a network of one's own for the data's images: of <see cref="Layers"/>, or a function of another network. It ends in a
    /// vector with a number for each class.</summary>
    /// <param name="network">The network.</param>
    /// <param name="name">What reports call it.</param>
    [Pure]
    public BnnTrainer WithModel(Network network, string name = "own network")
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(name);
        return new(settings with { Model = null, OwnNetwork = (name, network) });
    }

    /// <summary>Binarizes every binary layer's weights, every activation, or both by other binarizers than the network's own: any of
    /// <see cref="Binarizers"/>, or one's own. A <see cref="Stage"/> may have others for its time.</summary>
    /// <param name="weights">For weights, with their scale: <c>Binarizers.Clip.WithScale(WeightScale.Detached)</c>; null for the network's own.</param>
    /// <param name="activations">For activations; null for the network's own.</param>
    [Pure]
    public BnnTrainer WithBinarizers(Binarizer? weights = null, Binarizer? activations = null) =>
        new(settings with { Weights = weights ?? settings.Weights, Activations = activations ?? settings.Activations });

    /// <summary>Updates weights by this rule, a whole one that ends in a step. The stages' weight decay comes around it, by default added
    /// to the gradient in front of it; the learning rate that is reported is its descent's, NaN where it has none.</summary>
    [Pure]
    public BnnTrainer WithOptimizer(Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new(settings with { Optimizer = OptimizerChoice.Default with { Own = rule } });
    }

    /// <summary>Updates the weights of each group by a rule of its own.</summary>
    [Pure]
    public BnnTrainer WithOptimizer(Func<ParameterGroup, Rule> ruleOf)
    {
        ArgumentNullException.ThrowIfNull(ruleOf);
        return WithOptimizer(ParameterGroupModule.all.Aggregate(
            Rules.Identity, (rule, group) => rule.Then(ruleOf(group).On(group))));
    }

    /// <summary>How the learning rate changes during each stage, as a share of it. Default: Schedules.Linear(1, 0), the paper's.
    /// Without effect on a rule given to <see cref="WithOptimizer(Rule)"/>, and in stages that have a schedule of their own; where it has no
    /// effect at all, <see cref="Warnings"/> says so.</summary>
    [Pure]
    public BnnTrainer WithSchedule(Expr shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(settings with { Schedule = shape });
    }

    /// <summary>Trains in two steps: first with binary activations, real weights and weight decay; then, from there, with binary
    /// weights too and without decay (the paper, section 5.2). The default.</summary>
    /// <param name="wd">Weight decay in step 1: a rate, or a <see cref="WeightDecay"/>; null for the paper's 5e-6 of the
    /// convolutions' weights. Negative rates are allowed, the paper uses one.</param>
    /// <param name="epochs">Passes over the training images, each step; at least 1. Null for <see cref="WithEpochs"/>, or 6. (ImageNet: 256.)</param>
    [Pure]
    public BnnTrainer TwoStep(WeightDecay? wd = null, int? epochs = null) => With(Recipes.TwoStep(wd), epochs);

    /// <summary>Trains with binary weights and activations from the start.</summary>
    /// <param name="wd">Weight decay, as in <see cref="TwoStep"/>; 0 for none.</param>
    /// <param name="epochs">Passes over the training images; at least 1. Null for <see cref="WithEpochs"/>, or 12.</param>
    [Pure]
    public BnnTrainer OneStep(WeightDecay? wd = null, int? epochs = null) => With(Recipes.OneStep(wd), epochs);

    /// <summary>Trains in two steps in the other order: first with binary weights, real activations and weight decay; then, from there,
    /// with binary activations too and without decay. The paper's control (Table 4): 2.93 points below <see cref="TwoStep"/> on
    /// ImageNet.</summary>
    /// <param name="wd">Weight decay in step 1, as in <see cref="TwoStep"/>.</param>
    /// <param name="epochs">Passes over the training images, each step, as in <see cref="TwoStep"/>.</param>
    [Pure]
    public BnnTrainer WeightsFirst(WeightDecay? wd = null, int? epochs = null) => With(Recipes.WeightsFirst(wd), epochs);

    /// <summary>Trains in these stages, each of which starts from the weights that the one before it left.</summary>
    [Pure]
    public BnnTrainer WithStages(params Stage[] stages)
    {
        ArgumentNullException.ThrowIfNull(stages);
        return WithRecipe(Recipe.Create("own stages", stages));
    }

    /// <summary>Trains by this recipe, of either language or <see cref="Recipes.FromJson"/>: its stages, and its optimizer and batch where it has
    /// some. What it leaves open, a stage's schedule or where weight decay goes, the trainer decides. Calls after it change what it has
    /// set.</summary>
    [Pure]
    public BnnTrainer WithRecipe(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return new(settings.With(recipe));
    }

    /// <summary>Passes over the training images of every stage, at least 1: another length for a preset or a recipe. Default: the
    /// recipe's. A recipe that is given later with epochs of its own has those.</summary>
    [Pure]
    public BnnTrainer WithEpochs(int epochs) => new(settings with { Epochs = epochs });

    /// <summary>Trains as published: by the preset's recipe (<see cref="Recipes.Of"/>), with the default schedule, and with its network where no
    /// <c>WithModel</c> names one. Calls after it change what it has set. Without <see cref="WithDeviations"/> it is the published text's training,
    /// not its code's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset.</exception>
    [Pure]
    public BnnTrainer WithPreset(Preset preset) => new(settings.Apply(preset));

    /// <summary>Deviates from the published text, and from good sense, as the method's reference implementation does. Default without this
    /// call: in nothing.</summary>
    /// <param name="deviations">In what; default: in all that AdamBNN's code deviates in.</param>
    [Pure]
    public BnnTrainer WithDeviations(Deviations deviations = Deviations.AdamBnn) => new(settings with { Deviations = deviations });

    /// <summary>Images in a batch, at least 2; default 64. The last batch of an epoch may be short.</summary>
    [Pure]
    public BnnTrainer WithBatch(int images) => new(settings with { Batch = images });

    /// <summary>Computes each batch in so many micro-batches and adds up their gradients (gradient accumulation), so that large batches
    /// need less memory. The gradient is the whole batch's, but batch norm sees each micro-batch for itself. Default: 1.</summary>
    /// <param name="count">1 to half of the batch. They are as even as can be; a short last batch has fewer where it must.</param>
    [Pure]
    public BnnTrainer WithMicroBatches(int count) => new(settings with { MicroBatches = count });

    /// <summary>Computes batch norm's running means and variances anew at each stage's end, from training images and the last weights:
    /// while binary weights flip they lag behind. Default: they stay as training has left them. Those of averaged weights
    /// (<see cref="Rules.AverageWeights"/>) are computed anew in any case, whenever accuracy is measured, from so many batches or from 100.</summary>
    /// <param name="batches">From how many batches, at least 0; default 100. All of the training images where there are fewer.</param>
    [Pure]
    public BnnTrainer WithBatchNormRecalibration(int batches = Recalibration.Batches) => new(settings with { RecalibrationBatches = batches });

    /// <summary>The seed of every random choice, at least 0; default 1. The same seed gives the same numbers to the bit on the
    /// same machine with the same number of threads.</summary>
    [Pure]
    public BnnTrainer WithSeed(long seed) => new(settings with { Seed = seed });

    /// <summary>CPU threads, 1 to 1024; default: all processors.</summary>
    [Pure]
    public BnnTrainer WithThreads(int threads) => new(settings with { Threads = threads });

    /// <summary>Threads that read and decode images ahead, 0 to 1024; 0: training does it between batches. Default: 0 for images in memory,
    /// else one for each processor. Results do not depend on it.</summary>
    [Pure]
    public BnnTrainer WithDataWorkers(int workers) => new(settings with { Workers = workers });

    /// <summary>Where to compute. Default: <see cref="ComputeDevice.Auto"/>.</summary>
    [Pure]
    public BnnTrainer WithDevice(ComputeDevice device) => new(settings with { Device = device });

    /// <summary>What <see cref="Train"/> would do, as text: stages, parameter groups, update rules as formulas, counts and cost.</summary>
    /// <exception cref="BnnConfigurationException">Something is wrong; lists every fault.</exception>
    [Pure]
    public string Describe() => TrainerDescription.Of(settings.Check());

    /// <summary>All that is wrong, with the data's files and the output folder; empty where <see cref="Train"/> can start.</summary>
    [Pure]
    public IReadOnlyList<Fault> Validate() => settings.Faults();

    /// <summary>What is allowed but probably not meant: weight decay that float32 loses, a schedule without effect.</summary>
    [Pure]
    public IReadOnlyList<string> Warnings() => TrainerDescription.Warnings(settings.Check());

    /// <summary>Trains on a few batches of each stage, keeps nothing of it, and says how long <see cref="Train"/> would take.</summary>
    /// <param name="batches">Batches of each stage, at least 1; default 5. One more comes first and does not count.</param>
    /// <exception cref="BnnConfigurationException">Something is wrong; lists every fault.</exception>
    /// <exception cref="BnnTrainingException">The loss is not a number any more.</exception>
    /// <exception cref="BnnFileException">An image is damaged.</exception>
    [Pure]
    public RunEstimate Estimate(int batches = 5)
    {
        OutOfRange.ThrowIfLess(batches, 1);
        var plan = settings.Check();
        using var torch = new OwnTorchState(plan.Settings.Threads);
        return Rehearsal.Run(plan.Plan, batches);
    }

    /// <summary>Trains, and saves where <see cref="SaveTo"/> says so.</summary>
    /// <param name="cancellation">Stops between two batches; where there is a folder, a checkpoint is written first. So do Ctrl-C and SIGTERM.</param>
    /// <exception cref="BnnConfigurationException">Something is wrong; lists every fault. Nothing has been done.</exception>
    /// <exception cref="BnnTrainingException">The loss is not a number any more.</exception>
    /// <exception cref="BnnFileException">The results could not be written.</exception>
    /// <exception cref="BnnStoppedException">It was asked to stop.</exception>
    public TrainingResult Train(CancellationToken cancellation = default) =>
        Trainer.Run(settings.Check(), cancellation);

    /// <summary>Reports to this observer, in place of the console.</summary>
    internal BnnTrainer Observed(ITrainingObserver observer) => new(settings with { Progress = () => observer });

    /// <summary>Takes the time from this clock.</summary>
    internal BnnTrainer Timed(TimeProvider clock) => new(settings with { Clock = clock });

    /// <summary>What <see cref="Train"/> would carry out.</summary>
    internal TrainingPlan Plan() => settings.Check().Plan;

    private BnnTrainer With<TOptions>(OptimizerRow row, TOptions options, double learningRate) =>
        new(settings with { Optimizer = OptimizerChoice.Of(row, options, learningRate) });

    private BnnTrainer With(Recipe recipe, int? epochs) => new(settings with
    {
        Recipe = epochs is { } given ? RecipeModule.withEpochs(given, recipe) : recipe,
        Epochs = epochs is null ? settings.Epochs : null,
    });
}

/// <summary>Where to compute.</summary>
public enum ComputeDevice
{
    /// <summary>CUDA where the build and the machine have it, else the CPU.</summary>
    Auto,

    /// <summary>The CPU: the core's compiled loops.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU: the same formulas over torch tensors. Needs a build with -p:Torch=cuda.</summary>
    Cuda,
}
