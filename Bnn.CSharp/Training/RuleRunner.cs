namespace Bnn;

/// <summary>What a step's passes have counted.</summary>
/// <param name="Flips">Binary weights whose sign changed; those of a part that is not finite are not known and left out.</param>
/// <param name="IsFinite">Whether all new weights, and all that the rule keeps of them, are finite.</param>
internal readonly record struct StepCount(long Flips, bool IsFinite);

/// <summary>Carries out a rule's steps on weights that others own: one pass over weights, gradients and slots a part, after the passes for
/// what the rule reduces over many weights.</summary>
/// <param name="iterations">Steps that there will be; 0 where that is not known.</param>
/// <param name="groups">What the rule keeps of each group.</param>
internal sealed class RuleRunner(int iterations, IReadOnlyList<GroupState> groups) : IPassRunner, IDisposable
{
    private readonly Dictionary<Pass, CompiledPass> compiled = new(ReferenceEqualityComparer.Instance);
    private IReadOnlyList<RulePart> parts = [];

    /// <summary>Steps that there will be; 0 where that is not known.</summary>
    public int Iterations => iterations;

    /// <summary>How many steps are done.</summary>
    public int Steps { get; set; }

    /// <summary>What the rule keeps of each group.</summary>
    public IReadOnlyList<GroupState> Groups => groups;

    /// <summary>Fills the slots from the first weights.</summary>
    /// <param name="all">All weights; gradients are not read.</param>
    public void Start(IEnumerable<RulePart> all)
    {
        foreach (var part in all.Where(part => part.Group.Start.Stores.Length > 0))
        {
            part.Run(Compiled(part.Group.Start), CompiledPass.Nothing<double[]>, CompiledPass.Nothing<double>);
        }
    }

    /// <summary>Makes weights what the trained network has in their place, where the rule averages them and a step is done. The slots stay as they
    /// are.</summary>
    /// <param name="all">All weights, or copies of them; gradients are not read.</param>
    public void Average(IEnumerable<RulePart> all)
    {
        foreach (var part in Steps == 0 ? [] : all)
        {
            if (part.Group.Average is { } pass)
            {
                part.Run(
                    Compiled(pass), CompiledPass.Nothing<double[]>,
                    name => part.Group.Numbers.TryGetValue(name, out var number) ? number : Optimizer.once(iterations, Steps, name));
            }
        }
    }

    /// <summary>One step.</summary>
    /// <param name="stepped">The weights that take part; what is reduced over the whole is reduced over them.</param>
    public StepCount Step(IReadOnlyList<RulePart> stepped)
    {
        (parts, Steps) = (stepped, Steps + 1);
        var results = PlanModule.run([.. parts.Select(part => part.Group.Plan)], this);
        var (flips, isFinite) = (0L, true);
        for (var part = 0; part < parts.Count; part++)
        {
            parts[part].Group.Keep(results[part].Numbers);
            var counted = results[part].Reductions.Sum();
            isFinite &= double.IsFinite(counted) && results[part].Numbers.All(number => double.IsFinite(number.Value));
            flips += double.IsFinite(counted) ? (long)counted : 0;
        }

        return new(flips, isFinite);
    }

    public void Dispose()
    {
        foreach (var group in groups)
        {
            group.Dispose();
        }
    }

    double IPassRunner.Once(int part, string name) =>
        parts[part].Group.Numbers.TryGetValue(name, out var number) ? number : Optimizer.once(iterations, Steps, name);

    Shape IPassRunner.Shape(int part) => parts[part].Shape;

    double[] IPassRunner.Run(int part, Pass pass, Func<string, double> once, Func<string, double[]> row) =>
        parts[part].Run(Compiled(pass), row, once);

    private CompiledPass Compiled(Pass pass)
    {
        if (!compiled.TryGetValue(pass, out var found))
        {
            compiled[pass] = found = new CompiledPass(pass);
        }

        return found;
    }
}
