namespace Bnn;

/// <summary>Checks of examples before a training begins, those that are a user's code above all.</summary>
internal static class DataChecks
{
    /// <summary>All that is wrong with data, whatever the network.</summary>
    public static IReadOnlyList<Fault> Faults(DataSource source, Dataset data)
    {
        var name = $"data {source.Name}";
        var isOwn = data.Train.IsOfItsUser || data.Test.IsOfItsUser;
        var faults = new List<Fault>();
        if (isOwn && string.IsNullOrWhiteSpace(source.Version))
        {
            faults.Add(Fault.Problem($"{name}: version", "your code has none", "give one by Data.Own(name, version, ...), or override DataSource.Version"));
        }

        foreach (var (part, examples) in new[] { ("training", data.Train), ("test", data.Test) })
        {
            if (examples.IsOfItsUser && OfOwn(examples) is var (problem, remedy))
            {
                faults.Add(Fault.Problem($"{name}: {part} examples", problem, remedy));
            }
        }

        if (faults.Count > 0)
        {
            return faults;
        }

        if (data.Train.Count < 2)
        {
            faults.Add(Fault.Problem(name, $"it has {data.Train.Count} training {(data.Train.Count == 1 ? "image" : "images")}", "give at least 2, which batch norm needs"));
        }

        if (data.Train.TargetSize is null && data.Train.Classes.Count == 1)
        {
            faults.Add(new($"{name}: classes", $"1, {data.Train.Classes[0]}", "at least 2: there is nothing to tell apart"));
        }

        if (data.GivenNormalization is { } given && given.Means.Count != data.Train.Channels)
        {
            faults.Add(new($"{name}: normalization", $"one of {given.Means.Count} channels", $"one with a mean and a deviation for each of the {data.Train.Channels} channels"));
        }

        return faults;
    }

    /// <summary>All that is wrong with a sound network's output for examples.</summary>
    public static IEnumerable<Fault> OutputFaults(ModelDescription model, Examples examples)
    {
        var gives = model.Output;
        if (examples.TargetSize is { } target)
        {
            if (gives != target)
            {
                yield return new($"model {model.Name}: output", $"{gives}", $"{target}, the size of the data's targets");
            }

            yield break;
        }

        var wanted = FeatureSize.Of(examples.Classes.Count, 1, 1);
        if ((gives.Height, gives.Width) != (1, 1))
        {
            yield return new($"model {model.Name}: output", $"{gives}", $"{wanted}, a number for each of the data's classes");
        }

        if (gives.Channels != wanted.Channels)
        {
            yield return new($"model {model.Name}: classes", $"{gives.Channels}", $"the data's number of classes, {wanted.Channels}");
        }
    }

    /// <summary>What is wrong first with examples that are a user's code; null where nothing is.</summary>
    private static (string Problem, string Remedy)? OfOwn(Examples examples)
    {
        try
        {
            if (examples.Count < 1)
            {
                return ($"there are {examples.Count}", "give at least one");
            }

            if (!IsSize(examples.Size))
            {
                return ($"their size is {examples.Size}", "give channels, height and width of at least 1, and fewer than 2^31 numbers");
            }

            if (examples.TargetSize is { } target)
            {
                return !IsSize(target) ? ($"the size of their targets is {target}", "give channels, height and width of at least 1, and fewer than 2^31 numbers")
                    : !(examples.TargetRange > 0 && double.IsFinite(examples.TargetRange))
                        ? (FormattableString.Invariant($"their target range is {examples.TargetRange}"), "give a finite number above 0")
                        : null;
            }

            if (examples.Classes.Count == 0)
            {
                return ("they have neither classes nor targets", "override Classes and Label, or TargetSize and WriteTarget");
            }

            for (var index = 0; index < examples.Count; index++)
            {
                Labels.Of(examples, index);
            }

            return null;
        }
        catch (BnnTrainingException e)
        {
            return (e.Message, $"give labels that are indices of the {examples.Classes.Count} classes");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return ($"their source has thrown {e.GetType().Name}: {e.Message}", "give a source that gives count, size, classes and labels");
        }
    }

    private static bool IsSize(FeatureSize size) =>
        size.Channels >= 1 && size.Height >= 1 && size.Width >= 1 && (Int128)size.Channels * size.Height * size.Width < int.MaxValue;
}
