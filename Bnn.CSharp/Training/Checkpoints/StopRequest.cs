using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>Whether a run is asked to stop: by its cancellation token or, where it can save itself, by SIGINT (Ctrl-C) or SIGTERM. A second
/// signal ends the process at once.</summary>
internal sealed class StopRequest : IDisposable
{
    private readonly CancellationToken token;
    private readonly List<PosixSignalRegistration> registrations = [];
    private volatile bool signalled;

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

    public bool IsMade => signalled || token.IsCancellationRequested;

    /// <summary>The caller's token.</summary>
    public CancellationToken Token => token;

    public void Dispose() => registrations.ForEach(registration => registration.Dispose());

    private void Take(PosixSignalContext context)
    {
        context.Cancel = !signalled;
        signalled = true;
    }
}

/// <summary>A run that was asked to stop and has saved all that it needs to go on.</summary>
/// <param name="message">Where it was, and how to go on.</param>
/// <param name="token">The token that asked; none where it was a signal.</param>
public sealed class BnnStoppedException(string message, CancellationToken token) : OperationCanceledException(message, token);
