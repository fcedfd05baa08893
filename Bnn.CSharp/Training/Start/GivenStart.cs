namespace Bnn;

/// <summary>Given weights in the network of a training: the tensors that the first stage begins with in place of drawn ones, and the report of it.</summary>
/// <param name="Tensors">The tensors, as the network has them.</param>
/// <param name="Report">What was taken and what was not.</param>
internal sealed record GivenStart(IReadOnlyList<NamedArray> Tensors, TakenWeights Report)
{
    /// <summary>Fits given weights into the network of a training.</summary>
    /// <param name="given">The weights.</param>
    /// <param name="plan">The training.</param>
    /// <param name="isPartial">Whether what fits is taken where not everything does.</param>
    /// <exception cref="BnnConfigurationException">They are of another network.</exception>
    public static GivenStart Of(GivenWeights given, TrainingPlan plan, bool isPartial)
    {
        var fit = WeightsFit.Of(given.Tensors, plan.Model);
        if (fit.Problems(isPartial) is { } problems)
        {
            throw new BnnConfigurationException([Fault.Problem("start", $"{given.Name} has weights of another network than {plan.Model.Name}: {problems}", isPartial
                ? "give weights of which some fit"
                : "give weights of that network, or take what fits with partial: true, or say with WithModel which network they are of")]);
        }

        try
        {
            NamedArray[] tensors = [.. InOrder([.. fit.Taken.Select(pair => Converted(pair.Own, pair.Given))], given, plan)];
            return new(tensors, new(
                given.Name, Checksum.Of(tensors), [.. tensors.Select(tensor => tensor.Name)], [.. fit.New.Select(tensor => tensor.Name)],
                [.. fit.Left.Select(tensor => tensor.Name)], StartRemarks.Of(given, plan, fit, tensors)));
        }
        catch (FormatException e)
        {
            throw new BnnConfigurationException([Fault.Problem("start", $"{given.Name}: {e.Message}", "get it again from where it came from")]);
        }
    }

    /// <summary>The tensors with their classes in the data's order, where both have the same names.</summary>
    private static IEnumerable<NamedArray> InOrder(IReadOnlyList<NamedArray> tensors, GivenWeights given, TrainingPlan plan)
    {
        if (!given.HasClassesInOtherOrder(plan.Data.Train))
        {
            return tensors;
        }

        var order = ClassOrder.Of(given.Classes!, plan.Data.Train.Classes);
        var axes = WeightsFit.AxesOfClasses(plan.Model);
        return tensors.Select(tensor => axes.TryGetValue(tensor.Name, out var axis) ? order.Of(tensor, axis) : tensor);
    }

    /// <summary>A tensor of a file with the network's name and type.</summary>
    private static NamedArray Converted(NetworkTensor own, NamedArray array)
    {
        var type = own.IsCounter ? TorchSharp.torch.ScalarType.Int64 : TorchSharp.torch.ScalarType.Float32;
        if (array.Dtype == TorchTypes.Dtype(type))
        {
            return array with { Name = own.Name };
        }

        using var tensor = array.ToTensor(type);
        return TensorBytes.ToArray(own.Name, tensor);
    }
}
