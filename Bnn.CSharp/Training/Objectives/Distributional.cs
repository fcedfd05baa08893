using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Learning from a trained network's outputs: (1 - a) T^2 soft(student / T, teacher / T) + a cross-entropy(student, labels).</summary>
/// <param name="Teacher">The trained network.</param>
/// <param name="Temperature">T, above 0: both networks' logits are divided by it.</param>
/// <param name="HardLabels">a, in 0..1: the share of the labels' own loss.</param>
/// <param name="Labels">The labels' own loss.</param>
internal sealed record Distributional(BnnModel Teacher, double Temperature, double HardLabels, CrossEntropy Labels) : Objective
{
    /// <summary>Where the teacher's outputs stand in the order of the examples' classes.</summary>
    public ClassOrder Order { get; init; } = ClassOrder.Same;

    public override string Name => "distributional";

    internal override bool NeedsClasses => true;

    internal override BnnModel? LearnsFrom => Teacher;

    internal override Tensor OfEach(in Outcome outcome)
    {
        var soft = Softened(outcome.Outputs, TeachersLogits(outcome));
        return HardLabels == 0 ? soft : soft.Times(1 - HardLabels).Plus(Labels.OfEach(outcome).Times(HardLabels));
    }

    internal override Tensor Mean(in Outcome outcome) => Loss(outcome.Outputs, TeachersLogits(outcome), outcome.Target);

    /// <summary>The mean over a batch.</summary>
    /// <param name="student">The student's logits.</param>
    /// <param name="teacher">The teacher's logits.</param>
    /// <param name="labels">The classes.</param>
    internal Tensor Loss(Tensor student, Tensor teacher, Tensor labels)
    {
        var soft = Softened(student, teacher).mean();
        return HardLabels == 0 ? soft : soft.Times(1 - HardLabels).Plus(Labels.Loss(student, labels).Times(HardLabels));
    }

    /// <summary>- sum softmax(teacher) log_softmax(student) of each example (the paper, section 5.1).</summary>
    internal static Tensor Soft(Tensor student, Tensor teacher) =>
        -(nn.functional.softmax(teacher, 1) * nn.functional.log_softmax(student, 1)).sum(1);

    internal override Objective Smoothed(double share) => this with { Labels = new(share) };

    internal override IEnumerable<Fault> Validate()
    {
        if (!(Temperature > 0 && double.IsFinite(Temperature)))
        {
            yield return new Fault("temperature", FormattableString.Invariant($"{Temperature}"), "a finite number above 0");
        }

        if (!(HardLabels is >= 0 and <= 1))
        {
            yield return new Fault("hardLabels", FormattableString.Invariant($"{HardLabels}"), "a share, 0 to 1");
        }

        foreach (var fault in Labels.Validate())
        {
            yield return fault;
        }
    }

    internal override IEnumerable<Fault> Validate(ModelDescription model, IReadOnlyList<string> classes)
    {
        var teacher = Teacher.Description;
        if (teacher.Input != model.Input || teacher.Output != model.Output)
        {
            yield return new Fault("teacher", teacher.Name, "a network for the same images and classes");
        }
        else if (OrderFor(classes).Problem is { } problem)
        {
            yield return new Fault("teacher", $"{teacher.Name}, a network for other classes: {problem}", "a network for the same classes, in any order");
        }

        if (Teacher.IsDisposed)
        {
            yield return new Fault("teacher", $"the network {teacher.Name}, which was disposed of", "a network that is there until the training has ended");
        }
    }

    internal override Objective For(IReadOnlyList<string> classes) => this with { Order = OrderFor(classes) };

    internal override JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["teacher"] = Teacher.Description.Name,
        ["temperature"] = Temperature,
        ["hardLabels"] = HardLabels,
        ["labelSmoothing"] = Labels.Smoothing,
    };

    private protected override string InWords
    {
        get
        {
            var temperature = Temperature == 1 ? "" : FormattableString.Invariant($", temperature {Temperature}");
            var hard = HardLabels == 0 ? "" : FormattableString.Invariant($", {100 * HardLabels} % labels");
            return $"distributional, teacher {Teacher.Description.Name}{temperature}{hard}{Labels.Smoothed()}";
        }
    }

    // either may be without classes: numbers to be told from numbers, or a fault of its own
    private ClassOrder OrderFor(IReadOnlyList<string> classes) =>
        Teacher.Classes.Count == 0 || classes.Count == 0 ? ClassOrder.Same : ClassOrder.Of(Teacher.Classes, classes);

    private Tensor Softened(Tensor student, Tensor teacher) => Temperature == 1
        ? Soft(student, teacher)
        : Soft(student.Over(Temperature), teacher.Over(Temperature)).Times(Temperature * Temperature);

    private Tensor TeachersLogits(in Outcome outcome) => Order.Of(Teacher.LogitsOf(outcome.Inputs, outcome.Normalization));
}
