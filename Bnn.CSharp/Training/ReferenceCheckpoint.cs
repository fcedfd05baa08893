using static TorchSharp.torch;

namespace Bnn;

/// <summary>What the paper's train.py saves: the network's tensors, the epochs that are done, the best top-1, and Adam's state.</summary>
/// <param name="Path">The file.</param>
/// <param name="Epoch">Epochs that are done; null where the file does not say.</param>
/// <param name="BestTop1">The best top-1 so far, 0..1 (the file has percent); null where the file does not say.</param>
/// <param name="Tensors">The network's tensors.</param>
/// <param name="Moments">Adam's state by the parameter's place in its list; null where there is none.</param>
internal sealed record ReferenceCheckpoint(
    string Path, long? Epoch, double? BestTop1, IReadOnlyList<NamedArray> Tensors, IReadOnlyList<ReferenceCheckpoint.AdamState>? Moments)
{
    private const string Remedy = "take a checkpoint of the paper's train.py for this network";

    /// <summary>A parameter's state in torch.optim.Adam.</summary>
    public sealed record AdamState(int Step, NamedArray FirstMoment, NamedArray SecondMoment);

    /// <summary>Reads a checkpoint, or a file of tensors alone.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another kind.</exception>
    public static ReferenceCheckpoint Read(string path) => InputFile.Read(path, stream => PyTorchFile.Use(stream, skips: true, file =>
    {
        var top = file.Outline() as PickleDict;
        return new ReferenceCheckpoint(
            path,
            top?.Find("epoch") is PickleInteger epoch ? (long)epoch.Value : null,
            Number(top?.Find("best_top1_acc"), file) / 100,
            StateDict.Find(file, path, key: null, leaveOutOthers: false).Tensors,
            top?.Find("optimizer") is PickleDict optimizer ? Adam(optimizer, file, path) : null);
    }));

    /// <summary>Puts the network's tensors into a network and Adam's state into its optimizer. Adam lists the parameters that do not decay
    /// first, then those that the reference decays: of four dimensions, or with "conv" in the name.</summary>
    /// <exception cref="BnnFileException">The file is of another network, or has no state of Adam.</exception>
    public void RestoreTo(TorchNetwork network, RuleOptimizer optimizer)
    {
        if (Moments is null)
        {
            throw new BnnFileException(Path, "holds no optimizer's state", Remedy);
        }

        bool Decays(NetworkTensor tensor) => tensor.Shape.Length == 4 || tensor.Name.Contains("conv", StringComparison.Ordinal);
        var parameters = network.Store.Parameters.Select(parameter => parameter.Tensor).ToList();
        var ordered = parameters.Where(tensor => !Decays(tensor)).Concat(parameters.Where(Decays)).ToList();
        var problems = ordered.Count == Moments.Count
            ? [.. ordered.Zip(Moments).SelectMany(pair => Misshapen(pair.First, pair.Second))]
            : new List<string> { $"has the optimizer's state of {Moments.Count} parameters; the network has {ordered.Count}" };
        var steps = Moments.Select(moment => moment.Step).Distinct().ToList();
        if (problems.Count == 0 && steps is not [_])
        {
            problems.Add($"has parameters after different numbers of steps: {InvariantText.Join(", ", steps)}");
        }

        if (problems.Count > 0)
        {
            throw new BnnFileException(Path, string.Join("; ", problems), Remedy);
        }

        NetworkTensors.Overwrite(network, NamePrefix.Off(Tensors, NetworkTensors.ShapesOf(network.Description)).Tensors, Path, isExact: false);
        using var noGradients = no_grad();
        optimizer.ResumeAt(steps[0]);
        foreach (var (tensor, moment) in ordered.Zip(Moments))
        {
            using var scope = NewDisposeScope();
            optimizer.Slot(tensor, "m").copy_(moment.FirstMoment.ToTensor(tensor.Value.dtype));
            optimizer.Slot(tensor, "v").copy_(moment.SecondMoment.ToTensor(tensor.Value.dtype));
        }
    }

    private static IEnumerable<string> Misshapen(NetworkTensor tensor, AdamState moment) =>
        new[] { moment.FirstMoment, moment.SecondMoment }.Where(array => !array.Shape.SequenceEqual(tensor.Shape)).Select(
            array => $"{array.Name} is [{InvariantText.Join(", ", array.Shape)}] where {tensor.Name} is [{InvariantText.Join(", ", tensor.Shape)}]");

    /// <summary>The state of each parameter in the order of the parameter groups; null where it is not Adam's.</summary>
    private static List<AdamState>? Adam(PickleDict optimizer, PyTorchContent file, string path)
    {
        if (optimizer.Find("state") is not PickleDict { Entries.Count: > 0 } state)
        {
            return null;
        }

        var moments = new List<AdamState>();
        for (var index = 0; index < state.Entries.Count; index++)
        {
            var entry = state.Entries.FirstOrDefault(entry => entry.Key is PickleInteger key && key.Value == index).Value as PickleDict;
            if (entry?.Find("exp_avg") is not PickleTensor first || entry.Find("exp_avg_sq") is not PickleTensor second
                || Number(entry.Find("step"), file) is not { } step || !(step >= 0 && step < int.MaxValue))
            {
                throw new BnnFileException(path, $"has no step, exp_avg and exp_avg_sq for the optimizer's parameter {index}", Remedy);
            }

            var numbers = file.Load([first, second]);
            moments.Add(new((int)step, numbers[0].Named($"exp_avg {index}"), numbers[1].Named($"exp_avg_sq {index}")));
        }

        return moments;
    }

    private static double? Number(PickleValue? value, PyTorchContent file)
    {
        switch (value)
        {
            case PickleFloat number:
                return number.Value;
            case PickleInteger number:
                return (double)number.Value;
            case PickleTensor { Shape: [] or [1] } tensor:
                using (var scope = NewDisposeScope())
                {
                    return file.Load([tensor])[0].Named("number").ToTensor(ScalarType.Float64).item<double>();
                }

            default:
                return null;
        }
    }
}
