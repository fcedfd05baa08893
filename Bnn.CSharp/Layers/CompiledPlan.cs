using static TorchSharp.torch;

namespace Bnn;

/// <summary>A plan of the core on torch tensors: its passes one after another, each compiled.</summary>
internal sealed class CompiledPlan
{
    private readonly Plan[] plans;
    private readonly CompiledPass final;
    private readonly Dictionary<Pass, CompiledPass> passes = new(ReferenceEqualityComparer.Instance);

    public CompiledPlan(Plan plan)
    {
        plans = [plan];
        foreach (var pass in PlanModule.passes(plan))
        {
            passes.Add(pass, new CompiledPass(pass));
        }

        final = passes[plan.Final];
        Arrays = [.. passes.Keys.SelectMany(pass => pass.Arrays).Distinct()];
        Reduces = PlanModule.reduces(plan);
        ReadsNoise = Reads("noise");
    }

    /// <summary>The arrays that its passes read or store.</summary>
    public IReadOnlyList<string> Arrays { get; }

    /// <summary>Whether what it gives one number depends on other numbers.</summary>
    public bool Reduces { get; }

    /// <summary>Whether it reads noise.</summary>
    public bool ReadsNoise { get; }

    /// <summary>How many numbers it gives for each channel.</summary>
    public int SumCount => final.Pass.SumCount;

    /// <summary>Whether it reads an input of this name.</summary>
    public bool Reads(string name) => PlanModule.reads(name, plans[0]);

    /// <summary>Carries out the plan; what it reduces over the whole is reduced over these arrays. Stored arrays are overwritten in place.</summary>
    /// <param name="layout">How the arrays' numbers belong to channels.</param>
    /// <param name="like">A tensor of the arrays' type, device and number of elements.</param>
    /// <param name="array">The tensor of each array by its name: contiguous, all of one type, device and shape.</param>
    /// <param name="row">The tensor of an input that has one number a channel, by its name; null for what the plan computes itself.</param>
    /// <param name="once">What is read once a step.</param>
    /// <returns>The final pass's reductions; reduction s of channel c is at c * SumCount + s.</returns>
    public double[] Run(
        ChannelLayout layout, Tensor like, Func<string, Tensor> array, Func<string, Tensor?> row, Func<string, double> once) =>
        Reduces
            ? PlanModule.run(plans, new Runner(passes, layout, like, array, row, once))[0].Reductions
            : final.Run(layout, like, array, name => row(name) ?? CompiledPass.Nothing<Tensor>(name), once);

    private sealed class Runner(
        Dictionary<Pass, CompiledPass> passes, ChannelLayout layout, Tensor like, Func<string, Tensor> array, Func<string, Tensor?> row,
        Func<string, double> once) : IPassRunner
    {
        public double Once(int part, string name) => once(name);

        public Shape Shape(int part) => layout.Shape;

        public double[] Run(int part, Pass pass, Func<string, double> onceOf, Func<string, double[]> computed)
        {
            var own = new List<Tensor>();
            try
            {
                return passes[pass].Run(layout, like, array, name => row(name) ?? Own(name), onceOf);
            }
            finally
            {
                own.ForEach(numbers => numbers.Dispose());
            }

            // float64 numbers, rounded once to the loop's type
            Tensor Own(string name)
            {
                own.Add(tensor(computed(name), like.dtype, like.device));
                return own[^1];
            }
        }
    }
}
