namespace Bnn;

/// <summary>The limit of files that a process, or the system, may have open.</summary>
internal static class OpenFiles
{
    /// <summary>What to do where it is reached.</summary>
    public const string Remedy = "raise the limit of open files (ulimit -n 65536), or use fewer files at once";

    // Unix's ENFILE and EMFILE, which .NET hands on as they are.
    private const int OfSystem = 23;
    private const int OfProcess = 24;

    /// <summary>Whether an error, or what it follows from, is that there may be no more open files.</summary>
    public static bool AreExhausted(Exception? error) =>
        error is not null && ((error is IOException && error.HResult is OfSystem or OfProcess) || AreExhausted(error.InnerException));
}
