using System.Diagnostics.Contracts;

namespace Bnn;

// What a training starts from.
public sealed partial class BnnTrainer
{
    /// <summary>Starts from given weights in place of drawn ones: fine-tuning, a published step 1, more epochs of a run that has ended
    /// (<c>StartingFrom("runs/a").SaveTo("runs/b")</c>). The first stage begins with their tensors, batch norm's statistics and learned numbers
    /// too, matched by name and shape.</summary>
    /// <remarks>
    /// Without <see cref="WithModel(ModelDescription)"/> the network is that of the weights, for the data's classes and images; with it, that
    /// network takes them. For another number of classes the classifier is new, drawn from the seed, and all else is taken. What was taken and
    /// what was not is in <see cref="Describe"/>, a note at the run's start, <see cref="TrainingResult.Start"/> and result.json. Images are
    /// normalized as the weights' file says that those it was trained on were, unless <see cref="DataSource.WithNormalization"/> says otherwise;
    /// where the file says nothing, by the data. Classes of the same names in another order are put in the data's. A run that saves keeps a hash of what was taken, so it goes on with
    /// the same weights only.
    /// </remarks>
    /// <param name="path">A run's folder, whose newest whole checkpoint is read for its latent weights; a checkpoint; a file that
    /// <see cref="BnnModel.Load"/> or <see cref="BnnModel.Import"/> reads. Of a .bnn, and of a folder
    /// without checkpoints, latent weights are signs times a scale.</param>
    /// <param name="partial">Whether what fits is taken where not everything does; default false: weights of another network are a
    /// fault.</param>
    /// <param name="key">Where in a file of PyTorch the weights are, where it holds several dicts of tensors (<see cref="ImportOptions.Key"/>).</param>
    [Pure]
    public BnnTrainer StartingFrom(string path, bool partial = false, string? key = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new(settings with { Start = new(path, null, partial, key) });
    }

    /// <summary>Starts from a network's weights, as <see cref="StartingFrom(string, bool, string?)"/> does from a file's.</summary>
    /// <param name="model">The network. It stays the caller's, who keeps it until the training has begun.</param>
    /// <param name="partial">Whether what fits is taken where not everything does; default false.</param>
    [Pure]
    public BnnTrainer StartingFrom(BnnModel model, bool partial = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(settings with { Start = new(null, model, partial) });
    }
}
