using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>Whether a run is asked to stop: by its cancellation token or, where it can save itself, by SIGINT (Ctrl-C) or SIGTERM.</summary>
/// <remarks>Signals come in pairs: <c>timeout</c> sends its own to the process and to its group, and <c>dotnet run</c> hands on what its process gets.
/// So what comes within a second of the first is the same request. Ctrl-C after that ends the process at once, for those who do not want to wait;
/// SIGTERM never does: who sends it again has SIGKILL.</remarks>
internal sealed class StopRequest : IDisposable
{
    private static readonly TimeSpan SameRequest = TimeSpan.FromSeconds(1);

    private readonly CancellationToken token;
    private readonly List<PosixSignalRegistration> registrations = [];
    private long first;

    /// <param name="token">The caller's.</param>
    /// <param name="takesSignals">Whether signals are taken.</param>
    public StopRequest(CancellationToken token, bool takesSignals)
    {
        this.token = token;
        if (takesSignals)
        {
            registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Take));
            registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take));
        }
    }

    public bool IsMade => Volatile.Read(ref first) != 0 || token.IsCancellationRequested;

    /// <summary>The caller's token.</summary>
    public CancellationToken Token => token;

    public void Dispose() => registrations.ForEach(registration => registration.Dispose());

    // by a thread for each signal
    private void Take(PosixSignalContext context)
    {
        var now = Stopwatch.GetTimestamp();
        var since = Interlocked.CompareExchange(ref first, now, 0);
        context.Cancel = since == 0 || context.Signal != PosixSignal.SIGINT || Stopwatch.GetElapsedTime(since, now) < SameRequest;
    }
}

/// <summary>A run that was asked to stop and has saved all that it needs to go on.</summary>
/// <param name="message">Where it was, and how to go on.</param>
/// <param name="token">The token that asked; none where it was a signal.</param>
public sealed class BnnStoppedException(string message, CancellationToken token) : OperationCanceledException(message, token);
