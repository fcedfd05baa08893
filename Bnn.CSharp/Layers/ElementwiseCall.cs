using System.Runtime.ExceptionServices;
using Microsoft.FSharp.Collections;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A formula's plans, compiled: forward, forward with what is watched, and backward.</summary>
internal sealed class CompiledFormula
{
    private readonly IReadOnlyList<string> readForward;
    private readonly IReadOnlyList<string> readInTraining;

    public CompiledFormula(Elementwise formula, Expr[] watched)
    {
        Name = formula.Name;
        Parameters = [.. formula.Parameters];
        Forward = new(ElementwiseModule.forwardPlan(FSharpList<Expr>.Empty, formula));
        WatchedForward = watched.Length == 0 ? Forward : new(ElementwiseModule.forwardPlan(ListModule.OfArray(watched), formula));
        Backward = new(ElementwiseModule.backwardPlan(formula));
        string[] changing = ["t", "T", "noise"];
        readForward = [.. changing.Where(Forward.Reads)];
        readInTraining = [.. changing.Where(name => Forward.Reads(name) || Backward.Reads(name))];
    }

    public string Name { get; }

    /// <summary>The names of a channel's learned numbers.</summary>
    public IReadOnlyList<string> Parameters { get; }

    public CompiledPlan Forward { get; }

    public CompiledPlan WatchedForward { get; }

    public CompiledPlan Backward { get; }

    /// <summary>Refuses a mode without t, T and noise where one of them is read: in training by any pass, outside by the forward pass.</summary>
    /// <exception cref="InvalidOperationException">It is read and the mode has none.</exception>
    public void RequireMoment(NetworkMode mode)
    {
        var read = mode.IsLearning ? readInTraining : readForward;
        if (mode.Moment is null && read.Count > 0)
        {
            throw new InvalidOperationException(
                $"{Name} reads {string.Join(", ", read)}, which this mode has not; give the mode a {nameof(TrainingMoment)}");
        }
    }
}

/// <summary>One use of a layer, as torch's graph keeps it: the backward pass reads the same t, T and noise as the forward pass.</summary>
internal sealed class ElementwiseCall(
    CompiledFormula formula, Operand operand, TrainingMoment? moment, int place, BackwardFaults faults, Action<double[]>? watch)
{
    /// <summary>Where a fault of the backward pass is kept.</summary>
    public BackwardFaults Faults => faults;

    /// <summary>y for a contiguous x.</summary>
    public Tensor Forward(Tensor x, Tensor[] parameters)
    {
        var y = empty_like(x);
        var sums = Run(watch is null ? formula.Forward : formula.WatchedForward, x, parameters, name => name == "y" ? y : x);
        watch?.Invoke(sums);
        return y;
    }

    /// <summary>The gradients of the call itself (none), of x and of the parameters, for contiguous x and dy.</summary>
    public List<Tensor?> Backward(Tensor x, Tensor[] parameters, Tensor dy)
    {
        var dx = empty_like(x);
        var sums = Run(formula.Backward, x, parameters, name => name switch { "dx" => dx, "dy" => dy, _ => x });
        var count = formula.Backward.SumCount;
        var gradients = new List<Tensor?> { null, dx };
        for (var k = 0; k < parameters.Length; k++)
        {
            var channel = new double[parameters[k].numel()];
            for (var c = 0; c < channel.Length; c++)
            {
                channel[c] = sums[c * count + k];
            }

            gradients.Add(tensor(channel, parameters[k].dtype, parameters[k].device).view(parameters[k].shape));
        }

        return gradients;
    }

    private double[] Run(CompiledPlan plan, Tensor x, Tensor[] parameters, Func<string, Tensor> array)
    {
        using var noise = plan.ReadsNoise ? LayerNoise.Of(x, operand.ByImage, Known("noise"), place) : null;
        Tensor Array(string name) => name == "noise" ? noise! : array(name);
        return operand.ByImage && plan.Reduces
            ? ByImage(plan, x, parameters, Array)
            : plan.Run(operand.Layout(x), x, Array, name => Row(name, parameters), Once);
    }

    /// <summary>Image by image, so that no image's output depends on its batch; gives the sums over all images. Images are small, so on
    /// the CPU the threads take images, and not parts of one.</summary>
    private double[] ByImage(CompiledPlan plan, Tensor x, Tensor[] parameters, Func<string, Tensor> array)
    {
        var sums = new double[x.shape[0]][];
        var threads = x.device_type == TorchSharp.DeviceType.CPU ? get_num_threads() : 1;
        try
        {
            Parallel.For(0, sums.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, image => sums[image] = OfImage(plan, image, parameters, array));
        }
        catch (AggregateException faults)
        {
            ExceptionDispatchInfo.Throw(faults.InnerExceptions[0]);
        }

        var total = new double[operand.Layout(x).Channels * plan.SumCount];
        foreach (var its in sums)
        {
            for (var k = 0; k < total.Length; k++)
            {
                total[k] += its[k];
            }
        }

        return total;
    }

    private double[] OfImage(CompiledPlan plan, long image, Tensor[] parameters, Func<string, Tensor> array)
    {
        // each thread has a gradient mode and scopes of its own
        using var noGradients = no_grad();
        var views = plan.Arrays.ToDictionary(name => name, name => array(name).narrow(0, image, 1));
        try
        {
            var like = views.Values.First();
            return plan.Run(operand.Layout(like), like, name => views[name], name => Row(name, parameters), Once);
        }
        finally
        {
            foreach (var view in views.Values)
            {
                view.Dispose();
            }
        }
    }

    private double Once(string name)
    {
        var (iteration, iterations, _, _) = Known(name);
        return Schedule.once(iterations, iteration, name);
    }

    private TrainingMoment Known(string name) =>
        moment ?? throw new InvalidOperationException($"{formula.Name} reads {name}, which is known in training alone");

    private Tensor? Row(string name, Tensor[] parameters)
    {
        for (var k = 0; k < parameters.Length; k++)
        {
            if (formula.Parameters[k] == name)
            {
                return parameters[k];
            }
        }

        return null;
    }
}
