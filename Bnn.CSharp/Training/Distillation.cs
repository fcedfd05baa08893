using static TorchSharp.torch;

namespace Bnn;

/// <summary>Learning from a trained network's outputs.</summary>
/// <param name="Teacher">The trained network.</param>
/// <param name="Temperature">T, above 0: both networks' logits are divided by it.</param>
/// <param name="HardLabels">a, in 0..1: the share of the labels' own loss.</param>
internal sealed record Distillation(BnnModel Teacher, double Temperature, double HardLabels)
{
    /// <summary>All that is wrong with it.</summary>
    public IEnumerable<Fault> Validate()
    {
        if (!(Temperature > 0 && double.IsFinite(Temperature)))
        {
            yield return new Fault("temperature", FormattableString.Invariant($"{Temperature}"), "a finite number above 0");
        }

        if (!(HardLabels is >= 0 and <= 1))
        {
            yield return new Fault("hardLabels", FormattableString.Invariant($"{HardLabels}"), "a share, 0 to 1");
        }
    }

    /// <summary>(1 - a) T^2 soft(student / T, teacher / T) + a cross-entropy(student, labels), the mean over the batch.</summary>
    /// <param name="student">The student's logits.</param>
    /// <param name="teacher">The teacher's logits.</param>
    /// <param name="labels">The classes.</param>
    /// <param name="smoothing">The labels' smoothing.</param>
    public Tensor Loss(Tensor student, Tensor teacher, Tensor labels, double smoothing = 0)
    {
        var soft = Temperature == 1
            ? Soft(student, teacher)
            : Soft(student / Temperature, teacher / Temperature) * (Temperature * Temperature);
        return HardLabels == 0 ? soft : soft * (1 - HardLabels) + LabelLoss.Of(student, labels, smoothing) * HardLabels;
    }

    /// <summary>- sum softmax(teacher) log_softmax(student), the mean over the batch (the paper, section 5.1).</summary>
    public static Tensor Soft(Tensor student, Tensor teacher) =>
        -(nn.functional.softmax(teacher, 1) * nn.functional.log_softmax(student, 1)).sum(1).mean();

    /// <summary>In words, for descriptions.</summary>
    public override string ToString()
    {
        var temperature = Temperature == 1 ? "" : FormattableString.Invariant($", temperature {Temperature}");
        var hard = HardLabels == 0 ? "" : FormattableString.Invariant($", {100 * HardLabels} % labels");
        return $"distributional, teacher {Teacher.Description.Name}{temperature}{hard}";
    }
}
