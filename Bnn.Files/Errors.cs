using System.Numerics;
using System.Runtime.CompilerServices;

namespace Bnn;

/// <summary>A file or folder that cannot be read or written as what it should be: names the file, what is wrong and the remedy.</summary>
public sealed class BnnFileException(string path, string problem, string remedy, Exception? inner = null)
    : IOException($"{path}: {problem}; {RemedyOf(inner, remedy)}", inner)
{
    /// <summary>The file or folder.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong with it, and where in it.</summary>
    public string Problem { get; } = problem;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = RemedyOf(inner, remedy);

    /// <summary>Whether the file was read and what it holds is wrong: what may be left out as damaged. Else it could not be read, which is never passed over.</summary>
    internal bool IsOfContent { get; private init; }

    // Whatever was to be opened: where no more files may be open, that is what to see to.
    private static string RemedyOf(Exception? inner, string remedy) => OpenFiles.AreExhausted(inner) ? OpenFiles.Remedy : remedy;

    /// <summary>The error of what a file holds.</summary>
    internal static BnnFileException OfContent(string path, string problem, string remedy = "get the file again, it is damaged") =>
        new(path, problem, remedy) { IsOfContent = true };
}

/// <summary>Arguments out of their range: the framework writes their values by the thread's culture, so they are given as text.</summary>
internal static class OutOfRange
{
    /// <summary>The error of an argument.</summary>
    public static ArgumentOutOfRangeException Of(string? name, object value, string allowed) => new(name, InvariantText.Of(value), allowed);

    /// <summary>Throws where a number is less than it may be.</summary>
    public static void ThrowIfLess<T>(T value, T least, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : INumber<T>
    {
        if (value < least)
        {
            throw Of(name, value, $"a whole number of at least {least} is allowed");
        }
    }
}
