using Bnn.Core;
using TorchSharp;

namespace Bnn;

/// <summary>What the user has asked for.</summary>
internal sealed record TrainerSettings
{
    public ModelDescription? Model { get; init; }

    public DataSource Data { get; init; } = Bnn.Data.FashionMnistSample();

    public Augmentation Augmentation { get; init; } = Augmentation.None;

    public BnnModel? Teacher { get; init; }

    public OptimizerChoice? Optimizer { get; init; }

    public Schedule Shape { get; init; } = OptimizerChoice.Default.Shape;

    /// <summary>The recipe by an optimizer of this row, which decides where weight decay goes unless the user has.</summary>
    public Func<Row, Recipe> Recipe { get; init; } = TwoStep(null, RecipeModule.defaults.Epochs);

    public int Batch { get; init; } = 64;

    public long Seed { get; init; } = 1;

    public int Threads { get; init; } = Environment.ProcessorCount;

    public ComputeDevice Device { get; init; }

    public string? Folder { get; init; }

    public Func<ITrainingObserver>? Progress { get; init; }

    public Action<EpochMetrics>? OnEpoch { get; init; }

    /// <summary>The two-step recipe; null for the paper's weight decay.</summary>
    public static Func<Row, Recipe> TwoStep(WeightDecay? wd, int epochs) => row =>
    {
        var decay = wd ?? WeightDecay.Of(new Schedule(RecipeModule.defaults.WeightDecay.Rate));
        return RecipeModule.twoStep(new RecipeModule.Options(decay.Core(row), epochs));
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
        var optimizer = (Optimizer ?? OptimizerChoice.Default) with { Shape = Shape };
        var recipe = Recipe(optimizer.Row);
        faults.AddRange(optimizer.Validate(recipe));
        faults.AddRange(RecipeModule.validate(recipe).Select(Fault.Of));
        Require(Batch >= 2, "batch", Batch, "a whole number of at least 2");
        Require(Seed >= 0, "seed", Seed, "a whole number of at least 0");
        Require(Threads >= 1, "threads", Threads, "a whole number of at least 1");
        Require(Enum.IsDefined(Device), "device", Device, "Auto, Cpu or Cuda");
        Require(
            Device != ComputeDevice.Cuda || torch.cuda.is_available(), "device", Device,
            "Cpu or Auto: this build or machine has no CUDA (build with -p:Torch=cuda)");
        faults.AddRange(Model?.Validate() ?? []);
        if (Folder is not null && WritableFolder.WhyNot(Folder) is { } problem)
        {
            faults.Add(new Fault("folder", Folder, problem));
        }

        Dataset? data = null;
        try
        {
            data = Data.Load();
        }
        catch (BnnFileException e)
        {
            faults.Add(new Fault($"data {Data.Name}", $"{e.Path}: {e.Problem}", e.Remedy));
        }

        if (data is null)
        {
            return (faults, null);
        }

        var images = data.Train;
        var model = Model ?? Models.ReActNetSmall(images.Classes.Count, images.Channels) with
        {
            Height = images.Height,
            Width = images.Width,
        };
        var (has, takes) = ((images.Channels, images.Height, images.Width), (model.Channels, model.Height, model.Width));
        Require(has == takes, $"model {model.Name}: input", takes, $"the images' channels, height and width, {has}");
        Require(
            model.Classes == images.Classes.Count, $"model {model.Name}: classes", model.Classes,
            $"the data's number of classes, {images.Classes.Count}");
        Require(
            Augmentation.Shift >= 0 && Augmentation.Shift < Math.Min(images.Height, images.Width), "shift",
            Augmentation.Shift, "at least 0 and below the images' height and width");
        if (Teacher is not null)
        {
            var teacher = Teacher.Description;
            Require(
                (teacher.Classes, teacher.Channels, teacher.Height, teacher.Width)
                    == (model.Classes, model.Channels, model.Height, model.Width),
                "teacher", teacher.Name, "a network for the same images and classes");
        }

        return faults.Count > 0
            ? (faults, null)
            : (faults, new CheckedSettings(this, new TrainingPlan(
                model, data, optimizer, recipe, Augmentation, Batch, (ulong)Seed, Teacher, ChosenDevice())));

        void Require(bool holds, string name, object value, string allowed)
        {
            if (!holds)
            {
                faults.Add(new Fault(name, FormattableString.Invariant($"{value}"), allowed));
            }
        }
    }

    private torch.Device ChosenDevice() =>
        Device == ComputeDevice.Cuda || (Device == ComputeDevice.Auto && torch.cuda.is_available()) ? torch.CUDA : torch.CPU;
}

/// <summary>Settings in which nothing is wrong.</summary>
internal sealed record CheckedSettings(TrainerSettings Settings, TrainingPlan Plan);
