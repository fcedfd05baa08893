using System.Diagnostics.Contracts;

namespace Bnn;

/// <summary>What is trained on, and what is minimized.</summary>
public sealed partial class BnnTrainer
{
    /// <summary>Trains on these examples. Default: <see cref="Data.FashionMnistSample"/>.</summary>
    [Pure]
    public BnnTrainer WithData(DataSource data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new(settings with { Data = data });
    }

    /// <summary>Augments the training images. Default: <see cref="Augmentation.None"/> for images in memory, <see cref="Augmentation.ImageNet"/>
    /// for large images on disk.</summary>
    [Pure]
    public BnnTrainer WithAugmentation(Augmentation augmentation)
    {
        ArgumentNullException.ThrowIfNull(augmentation);
        return new(settings with { Augmentation = augmentation });
    }

    /// <summary>Minimizes this objective. Default: cross-entropy where examples have classes, mean squared error where they have targets.</summary>
    [Pure]
    public BnnTrainer WithObjective(Objective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return new(settings with { Objective = objective });
    }

    /// <summary>Learns from a trained network's outputs instead of labels: <see cref="Objectives.Distributional"/>, the paper's loss.</summary>
    /// <param name="teacher">A network for the same images and classes, for instance <c>BnnModel.Load("resnet34.pth")</c>. It stays the caller's.</param>
    /// <param name="temperature">T, above 0; default 1.</param>
    /// <param name="hardLabels">a, the labels' share of the loss, 0 to 1; default 0.</param>
    [Pure]
    public BnnTrainer WithTeacher(BnnModel teacher, double temperature = 1, double hardLabels = 0)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        return WithObjective(Objectives.Distributional(teacher, temperature, hardLabels));
    }

    /// <summary>Smooths labels: of the label's probability a share is spread over all classes, itself too (Szegedy et al., 2015, section 7).
    /// With a teacher it is the labels' part of the loss that is smoothed. Default without this call: 0.</summary>
    /// <param name="share">The share, 0 to 1, 1 excluded; 0.1 is usual.</param>
    [Pure]
    public BnnTrainer WithLabelSmoothing(double share) => new(settings with { LabelSmoothing = share });

    /// <summary>Weighs examples by their class: the loss of a batch is sum w_y loss / sum w_y, with y an example's class, as
    /// torch's cross_entropy has it. For classes of unequal size, or errors of unequal cost. Default without this call: all weigh the same.</summary>
    /// <param name="weights">A finite number above 0 for each class, in the order of the data's classes.</param>
    [Pure]
    public BnnTrainer WithClassWeights(params double[] weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new(settings with { ClassWeights = Array.AsReadOnly([.. weights]) });
    }

    /// <summary>Every epoch shows as many examples of each class (more or less by one), in random order: examples of a rare class several
    /// times, of a frequent one a part that is another in each epoch. An epoch is as long as without. Default without this call: every
    /// example once.</summary>
    [Pure]
    public BnnTrainer WithBalancedClasses() => new(settings with { IsBalanced = true });
}
