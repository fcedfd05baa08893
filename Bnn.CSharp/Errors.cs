namespace Bnn;

/// <summary>One thing that is wrong with a configuration: what it is called, the value it has, and what is allowed.</summary>
/// <param name="Name">The option, as the user typed it, for instance <c>learningRate</c>.</param>
/// <param name="Value">The value it has, as text.</param>
/// <param name="Allowed">The allowed range or the remedy, as the end of a sentence: <c>a finite number above 0</c>.</param>
public sealed record Fault(string Name, string Value, string Allowed)
{
    /// <summary>The fault as one sentence.</summary>
    public override string ToString() => $"{Name} is {Value}; allowed: {Allowed}";

    internal static Fault Of(Core.Fault fault) => new(fault.Name, fault.Value, fault.Allowed);
}

/// <summary>A configuration that cannot run. It lists every fault at once.</summary>
public sealed class BnnConfigurationException(IReadOnlyList<Fault> faults)
    : ArgumentException(string.Join(Environment.NewLine, faults.Select(fault => fault.ToString())))
{
    /// <summary>All that is wrong, in the order of the builder's calls.</summary>
    public IReadOnlyList<Fault> Faults { get; } = faults;
}

/// <summary>A file or folder that cannot be read or written as what it should be: names the file, what is wrong and the remedy.</summary>
public sealed class BnnFileException(string path, string problem, string remedy, Exception? inner = null)
    : IOException($"{path}: {problem}; {remedy}", inner)
{
    /// <summary>The file or folder.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong with it, and where in it.</summary>
    public string Problem { get; } = problem;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;
}
