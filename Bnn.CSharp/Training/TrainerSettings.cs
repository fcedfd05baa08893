using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Bnn;

/// <summary>What the user has asked for.</summary>
internal sealed record TrainerSettings
{
    /// <summary>The network; null for <see cref="OwnNetwork"/>.</summary>
    public ModelDescription? Model { get; init; }

    /// <summary>A network for the data's images, with its name; null for <see cref="DefaultModel"/>.</summary>
    public (string Name, Network Value)? OwnNetwork { get; init; }

    /// <summary>The network of so many classes, for images of so many channels and of this size.</summary>
    public Func<int, int, int, ModelDescription> DefaultModel { get; init; } = Models.ReActNetSmall;

    /// <summary>The binarizer of every weight; null for the network's own.</summary>
    public Binarizer? Weights { get; init; }

    /// <summary>The binarizer of every activation; null for the network's own.</summary>
    public Binarizer? Activations { get; init; }

    public DataSource Data { get; init; } = Bnn.Data.FashionMnistSample();

    /// <summary>How training images are augmented; null for what the data usually take.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>Threads that read images; null for what the data usually take.</summary>
    public int? Workers { get; init; }

    /// <summary>The weights to start from; null for drawn ones.</summary>
    public StartChoice? Start { get; init; }

    /// <summary>What is minimized; null for the usual objective of the data.</summary>
    public Objective? Objective { get; init; }

    /// <summary>Smoothing of the labels, in 0..1; null for the objective's.</summary>
    public double? LabelSmoothing { get; init; }

    /// <summary>How much examples of each class weigh; null: all the same.</summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>Whether each epoch has as many examples of each class.</summary>
    public bool IsBalanced { get; init; }

    public OptimizerChoice? Optimizer { get; init; }

    /// <summary>How the learning rate changes during a stage without a schedule of its own, as a share of the optimizer's; null for the
    /// paper's, linear to 0.</summary>
    public Expr? Schedule { get; init; }

    /// <summary>The training's stages; what is left open in them the trainer decides.</summary>
    public Recipe Recipe { get; init; } = Recipes.TwoStep();

    /// <summary>The epochs of every stage; null for the recipe's.</summary>
    public int? Epochs { get; init; }

    public Deviations Deviations { get; init; }

    public int Batch { get; init; } = 64;

    /// <summary>In how many micro-batches a batch is computed.</summary>
    public int MicroBatches { get; init; } = 1;

    /// <summary>From how many batches batch norm's statistics are computed anew at a stage's end; 0 for none.</summary>
    public int RecalibrationBatches { get; init; }

    public long Seed { get; init; } = 1;

    public int Threads { get; init; } = Environment.ProcessorCount;

    public ComputeDevice Device { get; init; }

    public string? Folder { get; init; }

    /// <summary>Whether what an earlier run has left in the folder is deleted first.</summary>
    public bool StartsOver { get; init; }

    /// <summary>The time between two checkpoints, where there is a folder.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many of the newest checkpoints stay.</summary>
    public int CheckpointsKept { get; init; } = 2;

    /// <summary>After every how many epochs accuracy on the test images is measured; 0: at a stage's end only.</summary>
    public int EvaluationEvery { get; init; } = 1;

    /// <summary>Whether epochs have diagnostics.</summary>
    public bool HasDiagnostics { get; init; } = true;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Func<ITrainingObserver>? Progress { get; init; }

    public ILogger? Logger { get; init; }

    public Action<EpochMetrics>? OnEpoch { get; init; }

    public Action<BatchMetrics>? OnBatch { get; init; }

    /// <summary>The settings with a recipe, and its optimizer and batch where it has some, in place of theirs.</summary>
    public TrainerSettings With(Recipe recipe) => this with
    {
        Recipe = recipe,
        Epochs = null,
        Optimizer = recipe.Optimizer is { } optimizer ? OptimizerChoice.Of(optimizer.Value) : Optimizer,
        Batch = recipe.Batch is { } batch ? batch.Value : Batch,
    };

    /// <summary>All that is wrong.</summary>
    public IReadOnlyList<Fault> Faults()
    {
        var (faults, _) = Examine();
        return faults;
    }

    /// <summary>The settings with everything resolved.</summary>
    /// <exception cref="BnnConfigurationException">Something is wrong.</exception>
    public CheckedSettings Check()
    {
        var (faults, result) = Examine();
        return faults.Count == 0 ? result! : throw new BnnConfigurationException(faults);
    }

    private (List<Fault> Faults, CheckedSettings? Result) Examine()
    {
        var faults = new List<Fault>();
        var optimizer = Optimizer ?? OptimizerChoice.Default;
        var recipe = RecipeModule.decide(
            optimizer.Decay, Schedule ?? RecipeModule.defaults.Schedule.Value,
            Epochs is { } epochs ? RecipeModule.withEpochs(epochs, Recipe) : Recipe);
        faults.AddRange(optimizer.Validate(recipe));
        faults.AddRange(RecipeModule.validate(recipe));
        var objective = LabelSmoothing is { } share ? (Objective ?? Objectives.CrossEntropy()).Smoothed(share) : Objective;
        if (LabelSmoothing is not null && objective is null)
        {
            faults.Add(Fault.Problem("labelSmoothing", $"the objective {Objective?.Name} has no labels to smooth", "give an objective with labels"));
        }

        var loss = new TrainingLoss(objective ?? Objectives.CrossEntropy(), ClassWeights);
        faults.AddRange(loss.Validate());
        Require(Reference.isKnown(Deviations), "deviations", Deviations, "a union of Deviations");
        Require(Batch >= 2, "batch", Batch, "a whole number of at least 2");
        Require(
            MicroBatches >= 1 && MicroBatches <= Math.Max(1, Batch / 2), "microBatches", MicroBatches,
            "1 to half of the batch: a micro-batch holds at least 2 images");
        Require(RecalibrationBatches >= 0, "recalibration: batches", RecalibrationBatches, "a whole number of at least 0");
        Require(Workers is null or (>= 0 and <= 1024), "dataWorkers", Workers ?? 0, "0 to 1024");
        Require(CheckpointInterval >= TimeSpan.Zero, "checkpoints: every", CheckpointInterval, "at least no time");
        Require(CheckpointsKept >= 1, "checkpoints: kept", CheckpointsKept, "a whole number of at least 1");
        Require(EvaluationEvery >= 0, "evaluation: epochs", EvaluationEvery, "a whole number of at least 0");
        Require(Seed >= 0, "seed", Seed, "a whole number of at least 0");
        Require(Threads is >= 1 and <= 1024, "threads", Threads, "1 to 1024");
        Require(Enum.IsDefined(Device), "device", Device, "Auto, Cpu or Cuda");
        Require(
            Device != ComputeDevice.Cuda || torch.cuda.is_available(), "device", Device,
            "Cpu or Auto: this build or machine has no CUDA (build with -p:Torch=cuda)");
        if (Folder is not null && WritableFolder.FaultOf(Folder) is { } folderFault)
        {
            faults.Add(folderFault);
        }

        var given = Start?.Read(Folder, faults);
        Dataset? data = null;
        try
        {
            data = Data.Load();
        }
        catch (BnnFileException e)
        {
            // most names of data have the path in them
            var what = Data.Name.Contains(e.Path, StringComparison.Ordinal) ? "data" : $"data {Data.Name}";
            faults.Add(Fault.Problem(what, $"{e.Path}: {e.Problem}", e.Remedy));
        }
        catch (BnnConfigurationException e)
        {
            faults.AddRange(e.Faults);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            faults.Add(Fault.Problem($"data {Data.Name}", $"its source has thrown {e.GetType().Name}: {e.Message}", "give a source that loads"));
        }

        var ofData = data is null ? [] : DataChecks.Faults(Data, data);
        if (data is null || ofData.Count > 0)
        {
            faults.AddRange(ofData);
            faults.AddRange(Model?.Validate() ?? []);
            return (faults, null);
        }

        data = given?.Normalized(data) ?? data;
        var images = data.Train;
        loss = objective is null && images.TargetSize is not null ? loss with { Objective = Objectives.MeanSquaredError() } : loss;
        faults.AddRange(loss.Validate(images));
        if (images.TargetSize is { } target && (Model, OwnNetwork, Start) is (null, null, null))
        {
            faults.Add(Fault.Problem("model", "none is given, and none is made for examples with targets", $"give a network with WithModel whose output is {target}, the size of the targets"));
            return (faults, null);
        }

        if (ModelFor(images, given, faults)?.WithBinarizers(Weights, Activations) is not { } model)
        {
            return (faults, null);
        }

        if (ModelDescriptionModule.validate(model) is { IsEmpty: false } impossible)
        {
            faults.AddRange(impossible);
            return (faults, null);
        }

        var (has, takes) = ((images.Channels, images.Height, images.Width), (model.Channels, model.Height, model.Width));
        Require(has == takes, $"model {model.Name}: input", takes, $"the images' channels, height and width, {has}");
        faults.AddRange(recipe.Stages.SelectMany(stage => ModelDescriptionModule.validateStage(stage, model)));
        faults.AddRange(DataChecks.OutputFaults(model, images));
        faults.AddRange(loss.Objective.Validate(model, images.Classes));
        loss = loss with { Objective = loss.Objective.For(images.Classes) };
        var augmentation = Augmentation ?? images.UsualAugmentation;
        if (Deviations.HasFlag(Deviations.TruncatedLighting))
        {
            augmentation = augmentation with { TruncatedLighting = true };
        }

        faults.AddRange(augmentation.Validate(images));
        if (faults.Count > 0)
        {
            return (faults, null);
        }

        var plan = new TrainingPlan(
            model, data, optimizer, Reference.apply(Deviations, recipe), augmentation, Batch, Seed, loss,
            ChosenDevice())
        {
            Deviations = Deviations,
            MicroBatches = MicroBatches,
            RecalibrationBatches = RecalibrationBatches,
            IsBalanced = IsBalanced,
            DataVersion = Data.Version,
            Workers = Workers ?? images.UsualWorkers,
            EvaluationEvery = EvaluationEvery,
            HasDiagnostics = HasDiagnostics,
        };
        if (given is not null && Try(() => plan with { Start = GivenStart.Of(given, plan, Start!.Partial) }, faults) is { } started)
        {
            plan = started;
        }

        var identity = Folder is null || faults.Count > 0 ? null : RunIdentity.Of(plan, Data.Name, faults);
        faults.AddRange(identity is null || StartsOver ? [] : CheckpointFolder.Faults(Folder!, identity));
        return (faults, faults.Count > 0 ? null : new CheckedSettings(this, plan, identity));

        void Require(bool holds, string name, object value, string allowed)
        {
            if (!holds)
            {
                faults.Add(new Fault(name, $"{value}", allowed));
            }
        }
    }

    /// <summary>The network that is chosen, that of the given weights, or the one that is made for images; null, and faults, where there is none.</summary>
    private ModelDescription? ModelFor(Examples images, GivenWeights? given, List<Fault> faults) =>
        Model ?? (OwnNetwork is var (name, network)
            ? ModelDescription.Create(name, network, images.Channels, images.Height, images.Width)
            : Start is null ? ModelDescriptionModule.withInput(
                images.Channels, images.Height, images.Width, DefaultModel(images.Classes.Count, images.Channels, images.Height))
            : given is null ? null : Try(() => given.ModelFor(images), faults));

    /// <summary>A value; null, and its faults, where it cannot be.</summary>
    private static T? Try<T>(Func<T> make, List<Fault> faults)
        where T : class
    {
        try
        {
            return make();
        }
        catch (BnnConfigurationException e)
        {
            faults.AddRange(e.Faults);
            return null;
        }
    }

    private torch.Device ChosenDevice() =>
        Device == ComputeDevice.Cuda || (Device == ComputeDevice.Auto && torch.cuda.is_available()) ? torch.CUDA : torch.CPU;
}
