using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Any rule on the parameters of any torch module, in a training loop of one's own, by the compiled loops that the trainer uses:
/// <code>using var optimizer = new BnnOptimizer(Rules.Adam().Then(Rules.Descend(1e-3)), module);
/// optimizer.zero_grad(); loss.backward(); optimizer.step();</code></summary>
/// <remarks>
/// <para>The parameters stay the user's tensors and are changed in place; weights and gradients are looked up in each step, so their memory
/// may be replaced between steps. On the CPU those that lie number by number are fastest; others, and parameters of other devices, work.</para>
/// <para>A parameter that has no gradient, or that is frozen (<c>requires_grad</c> is false), is left alone in that step with all that the
/// rule keeps of it, and no reduction counts it. t counts the steps of the optimizer, the same for all parameters.</para>
/// <para>A channel is a parameter's first dimension, also where that is 1, as of a convolution with one output channel; of a parameter that is no weight (groups Norms, ShiftsAndScales and
/// Slopes) and has one dimension of more than one number, each of these numbers is a channel of its own. A reduction over the whole is over all parameters that take part in the step.</para>
/// <para>There is no learning rate to set: it is a part of the rule, and so is its schedule. <see cref="ParamGroups"/>, which the schedulers
/// of <c>torch.optim.lr_scheduler</c> ask for, raises <see cref="NotSupportedException"/>. The optimizer's state is saved by
/// <see cref="Save"/> and <see cref="Load"/>: TorchSharp's <c>state_dict</c> of an optimizer cannot be made outside of it.</para>
/// <para>Steps may be made on any thread; those of several at once come one after another.</para>
/// </remarks>
public sealed class BnnOptimizer : optim.Optimizer
{
    private readonly IReadOnlyList<OptimizedParameter> optimized;
    private readonly OptimizerMemory memory;
    private readonly RuleRunner runner;
    private readonly nn.Module? module;
    private readonly Lifetime lifetime;
    private readonly Lock gate = new();
    private bool isStarted;
    private List<Tensor>? live;

    /// <summary>An optimizer of a module's parameters. The group of each is the one that it has in a network of this library (<c>model.ToModule()</c>,
    /// also as a part of the module); of another module the weight of one of torch's convolutions is a real convolution's; others are told by the shape: four dimensions are a real convolution, two the
    /// classifier, others are taken for batch norm's.</summary>
    /// <param name="rule">A rule that ends in a step, such as <c>Rules.Adam().Then(Rules.Descend(1e-3))</c>.</param>
    /// <param name="module">The module, on the device and of the type that it is trained in.</param>
    /// <param name="totalSteps">T, how many steps there will be, at least 1; null where that is not known and the rule does not read it.</param>
    /// <exception cref="BnnConfigurationException">Something is wrong with the rule, the parameters or totalSteps; lists every fault.</exception>
    public BnnOptimizer(Rule rule, nn.Module module, int? totalSteps = null)
        : this(rule, OptimizedParameter.Of(module), totalSteps) => this.module = module;

    /// <summary>An optimizer of lists of parameters, each with its group.</summary>
    /// <param name="rule">A rule that ends in a step, such as <c>Rules.Adam().Then(Rules.Descend(1e-3))</c>.</param>
    /// <param name="parameters">The lists.</param>
    /// <param name="totalSteps">T, how many steps there will be, at least 1; null where that is not known and the rule does not read it.</param>
    /// <exception cref="BnnConfigurationException">Something is wrong with the rule, the parameters or totalSteps; lists every fault.</exception>
    public BnnOptimizer(Rule rule, IEnumerable<(IEnumerable<Parameter> Parameters, ParameterGroup Group)> parameters, int? totalSteps = null)
        : this(rule, OptimizedParameter.Of(parameters), totalSteps)
    {
    }

    internal BnnOptimizer(Rule rule, IReadOnlyList<OptimizedParameter> parameters, int? totalSteps, bool inMemory = true)
        : base(0)
    {
        ArgumentNullException.ThrowIfNull(rule);
        IEnumerable<Fault> ofSteps = totalSteps is { } steps ? FaultModule.atLeast(1, nameof(totalSteps), steps) : Enumerable.Empty<Fault>();
        var faults = RuleChecks.validate(rule).Concat(OptimizedParameter.Faults(parameters)).Concat(ofSteps).ToList();
        if (faults.Count > 0)
        {
            throw new BnnConfigurationException(faults);
        }

        (Rule, TotalSteps, optimized) = (rule, totalSteps, parameters);
        memory = new(rule, parameters, inMemory);
        runner = new(totalSteps ?? 0, memory.Groups);
        lifetime = new($"the optimizer of {parameters.Count} parameters", Free);
        if (totalSteps is null && memory.Groups.Any(group => PlanModule.reads("T", group.Plan)))
        {
            runner.Dispose();
            throw new BnnConfigurationException([Fault.Problem(nameof(totalSteps), "it is not given, and the rule reads T, as its schedules do", "say how many steps there will be")]);
        }
    }

    /// <summary>The rule.</summary>
    public Rule Rule { get; }

    /// <summary>T, how many steps there will be; null where that is not known.</summary>
    public int? TotalSteps { get; }

    /// <summary>How many steps are done.</summary>
    public int Steps => runner.Steps;

    /// <summary>How many weights of the group BinaryWeights have changed their sign in the last step (sign(0) = +1); 0 before the first.
    /// Over the number of binary weights it is the flip-flop ratio FF.</summary>
    public long Flips { get; private set; }

    /// <summary>Whether the weights that took part in the last step, and what the rule keeps of them, were all finite after it; true before the
    /// first. The step's own pass sees it, so it costs nothing to ask; as with torch's optimizers a step does not throw.</summary>
    public bool IsFinite { get; private set; } = true;

    /// <summary>The group of each parameter by its name in the module; of lists by its place, as <c>0.3</c>: the fourth of the first list.</summary>
    public IReadOnlyDictionary<string, ParameterGroup> Groups => optimized.ToDictionary(parameter => parameter.Name, parameter => parameter.Group);

    /// <summary>None: the learning rate is a part of the rule.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override IEnumerable<optim.ILearningRateController> ParamGroups => throw new NotSupportedException(
        "a BnnOptimizer has no learning rate that a scheduler could set: it is a part of the rule; take a schedule there, as Rules.Descend(Schedules.Cosine(0.1))");

    /// <summary>One step of the rule. What it refuses changes nothing.</summary>
    /// <param name="closure">Computes the loss and its gradients before the step; null where they are there.</param>
    /// <returns>What the closure gives; null without one.</returns>
    /// <exception cref="InvalidOperationException">All of <see cref="TotalSteps"/> are done, or a parameter or its gradient is not what it
    /// was: disposed, of another type, size or kind of device, sparse; or the backward pass has failed in a layer of a <see cref="BnnModule"/>.</exception>
    /// <exception cref="ObjectDisposedException">The optimizer was disposed of.</exception>
    public override Tensor step(Func<Tensor>? closure = null)
    {
        using var use = lifetime.Begin();
        if (live is not null)
        {
            throw new InvalidOperationException("the parameters have the average of their weights; dispose what UseAverage gave before the next step");
        }

        Tensor? loss = null;
        if (closure is not null)
        {
            using var gradients = enable_grad();
            loss = closure();
        }

        lock (gate)
        {
            Step();
        }

        return loss!;
    }

    private void Free()
    {
        runner.Dispose();
        live?.ForEach(weights => weights.Dispose());
    }

    private void Step()
    {
        foreach (var own in module?.modules().Prepend(module).OfType<BnnModule>() ?? [])
        {
            own.Faults.Throw();
        }

        if (TotalSteps is { } total && Steps >= total)
        {
            throw new InvalidOperationException($"all of totalSteps, {total}, are done; make an optimizer for more, as the rule's schedules end here");
        }

        Start();
        (Flips, IsFinite) = memory.With(withGradients: true, parts =>
        {
            RequireOwn(parts);
            return runner.Step(parts);
        });
    }

    /// <summary>Gives the parameters what the trained network has in their place where the rule averages weights
    /// (<see cref="Rules.AverageWeights"/>), and with another rule nothing else; to measure by, or for good. No flips are counted. Batch norm's running statistics are
    /// those of the weights that are trained: compute them anew from some batches.</summary>
    /// <returns>Dispose it, and the parameters have the weights again that are trained, to the bit: before the next step.</returns>
    /// <exception cref="InvalidOperationException">They have it already.</exception>
    public IDisposable UseAverage()
    {
        using var use = lifetime.Begin();
        lock (gate)
        {
            if (live is not null)
            {
                throw new InvalidOperationException("the parameters have the average of their weights already; dispose what UseAverage gave before");
            }

            using var noGradients = no_grad();
            live = [.. optimized.Select(parameter => parameter.Tensor.clone().DetachFromDisposeScope())];
            memory.With(withGradients: false, parts =>
            {
                runner.Average(parts);
                return 0L;
            });
        }

        return new Average(this);
    }

    /// <summary>Sets the gradients of all parameters to zero, in place as TorchSharp's optimizers do.</summary>
    public override void zero_grad()
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in optimized)
        {
            parameter.Tensor.grad?.zero_();
        }
    }

    /// <summary>The parameters, in order of their groups.</summary>
    public override IEnumerable<Parameter> parameters() => optimized.Select(parameter => parameter.Tensor);

    /// <summary>Not supported: all parameters are given when the optimizer is made.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void add_param_group(ParamGroup param_group) => throw new NotSupportedException(
        "a BnnOptimizer takes all its parameters when it is made; frozen ones take part as soon as requires_grad is true");

    /// <summary>Saves what training needs to go on beside the parameters: steps done and what the rule keeps of each parameter. A safetensors file with a
    /// checksum, whole or not at all.</summary>
    /// <exception cref="BnnFileException">It cannot be written.</exception>
    public void Save(string path)
    {
        using var use = lifetime.Begin();
        lock (gate)
        {
            Start();
            OptimizerFile.Write(path, this, memory, runner);
        }
    }

    /// <summary>Goes on as the optimizer that <see cref="Save"/> has saved, of the same rule, parameters and totalSteps; with the parameters of
    /// that moment the next steps are the same, to the bit. Numbers may have been saved from another device.</summary>
    /// <exception cref="BnnFileException">The file is missing, damaged, or the state of another rule or of other parameters; nothing was changed.</exception>
    public void Load(string path)
    {
        using var use = lifetime.Begin();
        lock (gate)
        {
            OptimizerFile.Read(path, this, memory, runner);
            (isStarted, Flips, IsFinite) = (true, 0, true);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lifetime.End();
        }

        base.Dispose(disposing);
    }

    /// <summary>Fills the slots from the weights as they are before the first step.</summary>
    private void Start()
    {
        if (!isStarted)
        {
            memory.With(withGradients: false, parts =>
            {
                runner.Start(parts);
                return 0L;
            });
            isStarted = true;
        }
    }

    /// <summary>A step that nothing takes part in is allowed, unless the gradients are on parameters that took the place of the optimizer's.</summary>
    private void RequireOwn(IReadOnlyList<RulePart> parts)
    {
        if (parts.Count == 0 && module is not null
            && !module.parameters().Select(parameter => parameter.Handle).Intersect(optimized.Select(parameter => parameter.Tensor.Handle)).Any())
        {
            throw new InvalidOperationException("the module has other parameters than when the optimizer was made; make the optimizer after moving or converting the module");
        }
    }

    private void UseLive()
    {
        using var noGradients = no_grad();
        foreach (var (parameter, weights) in optimized.Zip(live ?? []))
        {
            parameter.Tensor.copy_(weights);
            weights.Dispose();
        }

        live = null;
    }

    private sealed class Average(BnnOptimizer optimizer) : IDisposable
    {
        private bool isOver;

        public void Dispose()
        {
            if (!isOver && !optimizer.lifetime.IsEnded)
            {
                isOver = true;
                optimizer.UseLive();
            }
        }
    }
}
