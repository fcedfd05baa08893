namespace Bnn;

/// <summary>Native memory that is used by any thread and given back once, by whichever thread comes last: <see cref="End"/> never waits, nor does it take memory from a use that
/// is under way. A use begun after it is refused. What is used also stays out of the garbage collector's hands until the use has ended.</summary>
/// <param name="what">What it is, by name: <c>the network ReActNet-small</c>.</param>
/// <param name="free">Gives the memory back; called once.</param>
internal sealed class Lifetime(string what, Action free)
{
    private readonly object gate = new();
    private int uses;
    private bool isEnded;

    /// <summary>Whether no use begins any more.</summary>
    public bool IsEnded
    {
        get
        {
            lock (gate)
            {
                return isEnded;
            }
        }
    }

    /// <summary>Begins a use, which its <c>Dispose</c> ends.</summary>
    /// <exception cref="ObjectDisposedException">The end was before; names what it is.</exception>
    public Use Begin()
    {
        lock (gate)
        {
            if (isEnded)
            {
                throw new ObjectDisposedException(what, $"{what} was disposed of and has no memory any more; dispose of it after its last use, or make it anew");
            }

            uses++;
            return new(this);
        }
    }

    /// <summary>No use begins any more; the memory goes back now, or when the last use ends. Again it does nothing.</summary>
    public void End()
    {
        lock (gate)
        {
            if (isEnded)
            {
                return;
            }

            isEnded = true;
            if (uses > 0)
            {
                return;
            }
        }

        free();
    }

    private void Leave()
    {
        lock (gate)
        {
            if (--uses > 0 || !isEnded)
            {
                return;
            }
        }

        free();
    }

    /// <summary>A use that is under way; disposed of once.</summary>
    public readonly struct Use(Lifetime of) : IDisposable
    {
        public void Dispose() => of.Leave();
    }
}
