using static TorchSharp.torch;

namespace Bnn;

/// <summary>What a run needs of torch's settings, on its thread and for its time: so many CPU threads, and gradients, wherever it was called from. No other thread sees any of it, and at
/// the end the thread has its own again. So two runs at once each compute with the number that they were given.</summary>
/// <remarks>libtorch keeps the number of threads twice: one for the process, which a thread takes over when it first computes, and the thread's own. Its <c>set_num_threads</c> sets both, but a
/// thread that has not computed before takes the process's all the same, which may be another run's by then. So here the thread takes the process's first; and another thread, which nothing
/// else uses, gives the process its number back.</remarks>
internal sealed class OwnTorchState : IDisposable
{
    private static readonly Lock Gate = new();

    private readonly int before;
    private readonly IDisposable inference = inference_mode(false);
    private readonly IDisposable gradients = enable_grad();

    /// <param name="threads">CPU threads.</param>
    public OwnTorchState(int threads) => before = SetThreads(threads);

    /// <summary>On the thread that made it.</summary>
    public void Dispose()
    {
        _ = SetThreads(before);
        gradients.Dispose();
        inference.Dispose();
    }

    private static int SetThreads(int threads)
    {
        lock (Gate)
        {
            var before = get_num_threads();
            var ofProcess = 0;
            Elsewhere(() => ofProcess = get_num_threads());
            set_num_threads(threads);
            Elsewhere(() => set_num_threads(ofProcess));
            return before;
        }
    }

    private static void Elsewhere(ThreadStart act)
    {
        var thread = new Thread(act) { IsBackground = true, Name = "Bnn settings" };
        thread.Start();
        thread.Join();
    }
}
