using System.Globalization;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>An optimizer's state as a safetensors file: for each parameter the tensors <c>name/slot</c>, in its shape, or one number where the
/// slot has one for all weights.</summary>
internal static class OptimizerFile
{
    /// <summary>The text that tells such files from others.</summary>
    public const string Format = "bnn optimizer 1";

    private const string Remedy = "load what an optimizer of the same rule, parameters and totalSteps has saved";

    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="BnnFileException">It cannot be written.</exception>
    public static void Write(string path, BnnOptimizer optimizer, OptimizerMemory memory, RuleRunner runner)
    {
        var metadata = Identity(optimizer, memory);
        metadata["steps"] = runner.Steps.ToString(CultureInfo.InvariantCulture);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        Safetensors.Write(path, new TensorFile(metadata, [.. Slots(memory).Select(slot => TensorBytes.ToArray(slot.Name, slot.Value))]));
    }

    /// <summary>Gives an optimizer the state of a file.</summary>
    /// <exception cref="BnnFileException">It is missing, damaged, or of another rule or other parameters; nothing was changed.</exception>
    public static void Read(string path, BnnOptimizer optimizer, OptimizerMemory memory, RuleRunner runner)
    {
        var file = Safetensors.Read(path);
        foreach (var (key, expected) in Identity(optimizer, memory))
        {
            if (file.Metadata.GetValueOrDefault(key) is not { } found || found != expected)
            {
                throw new BnnFileException(path, Difference(key, file.Metadata.GetValueOrDefault(key), expected), Remedy);
            }
        }

        if (!int.TryParse(file.Metadata.GetValueOrDefault("steps"), NumberStyles.None, CultureInfo.InvariantCulture, out var steps))
        {
            throw new BnnFileException(path, "does not say how many steps are done", Remedy);
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var slots = Slots(memory).ToList();
        NetworkTensors.Require(
            file.Tensors, [.. slots.Select(slot => (slot.Name, TorchTypes.Dtype(slot.Value.dtype)!, slot.Value.shape))], path, (own, found) => own == found);
        var arrays = file.Tensors.ToDictionary(array => array.Name, array => array);
        foreach (var (name, value, keep) in slots)
        {
            keep(arrays[name].ToTensor(value.dtype).view(value.shape));
        }

        runner.Steps = steps;
    }

    /// <summary>What must be the same where a state is loaded.</summary>
    private static Dictionary<string, string> Identity(BnnOptimizer optimizer, OptimizerMemory memory) => new()
    {
        ["format"] = Format,
        ["rule"] = ValueJson.ofRule(optimizer.Rule),
        ["totalSteps"] = optimizer.TotalSteps?.ToString(CultureInfo.InvariantCulture) ?? "not known",
        ["parameters"] = string.Join(
            '\n', memory.Places.Select(place => place.Parameter).Select(
                parameter => $"{parameter.Name}: {parameter.Group} {parameter.Type} [{InvariantText.Join(", ", parameter.Shape)}]")),
    };

    private static string Difference(string key, string? found, string expected)
    {
        if (found is null || key == "format")
        {
            return $"is not of the format \"{Format}\"";
        }

        if (key != "parameters")
        {
            return $"is the state of another {key}: {found}; the optimizer has {expected}";
        }

        var (saved, own) = (found.Split('\n'), expected.Split('\n'));
        var others = First(saved.Except(own), "saved is").Concat(First(own.Except(saved), "the optimizer has")).ToList();
        return $"is the state of other parameters: {(others.Count == 0 ? "they are in another order" : string.Join("; ", others))}";
    }

    private static IEnumerable<string> First(IEnumerable<string> lines, string who) => lines.Take(3).Select(line => $"{who} {line}");

    /// <summary>Every slot of every parameter: its name in the file, its numbers, and what takes others in their place.</summary>
    private static IEnumerable<(string Name, Tensor Value, Action<Tensor> Keep)> Slots(OptimizerMemory memory)
    {
        foreach (var (parameter, state, place) in memory.Places)
        {
            foreach (var (slot, numbers) in state.Slots)
            {
                var own = numbers.narrow(0, place, parameter.Count).view([.. parameter.Shape]);
                yield return ($"{parameter.Name}/{slot}", own, value => own.copy_(value));
            }

            foreach (var (slot, number) in state.Numbers)
            {
                yield return ($"{parameter.Name}/{slot}", tensor(number, ScalarType.Float64, CPU), value => state.Keep([KeyValuePair.Create(slot, value.item<double>())]));
            }
        }
    }
}
