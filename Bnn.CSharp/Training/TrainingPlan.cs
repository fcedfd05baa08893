using static TorchSharp.torch;

namespace Bnn;

/// <summary>All that a run needs to know; checked before.</summary>
internal sealed record TrainingPlan(
    ModelDescription Model, Dataset Data, OptimizerChoice Optimizer, Recipe Recipe, Augmentation Augmentation,
    int Batch, long Seed, TrainingLoss Loss, Device Device)
{
    /// <summary>In how many micro-batches a batch is computed.</summary>
    public int MicroBatches { get; init; } = 1;

    /// <summary>From how many batches batch norm's statistics are computed anew at a stage's end; 0 for none.</summary>
    public int RecalibrationBatches { get; init; }

    /// <summary>From how many batches those of averaged weights are computed, whenever their accuracy is measured.</summary>
    public int BatchesOfAverage => RecalibrationBatches > 0 ? RecalibrationBatches : Recalibration.Batches;

    /// <summary>The version of data that are code; else empty.</summary>
    public string DataVersion { get; init; } = "";

    /// <summary>Whether each epoch has as many examples of each class.</summary>
    public bool IsBalanced { get; init; }

    /// <summary>How many threads read training images; 0: the training's own.</summary>
    public int Workers { get; init; }

    /// <summary>What the recipe has of the reference code.</summary>
    public Deviations Deviations { get; init; }

    /// <summary>After every how many epochs accuracy on the test images is measured; 0: at a stage's end only.</summary>
    public int EvaluationEvery { get; init; }

    /// <summary>Whether epochs have diagnostics.</summary>
    public bool HasDiagnostics { get; init; } = true;

    /// <summary>The given weights that it starts from; null for drawn ones.</summary>
    public GivenStart? Start { get; init; }

    /// <summary>The network as a stage has it.</summary>
    public ModelDescription ModelIn(Stage stage) => ModelDescriptionModule.inStage(stage, Model);

    /// <summary>The network that the first stage begins with: its weights are given, or drawn from the seed.</summary>
    public TorchNetwork FirstNetwork()
    {
        var network = TorchNetwork.Create(Model, Seed, Device);
        NetworkTensors.Give(network, Start?.Tensors ?? []);
        return network;
    }
}
