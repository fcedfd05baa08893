using static TorchSharp.torch;

namespace Bnn;

/// <summary>The noise of a layer: each number is a function of the run's seed, the stage, the iteration, the layer's place, and where in the
/// whole batch the number is. So a resumed run, a micro-batch and the backward pass read the same numbers.</summary>
internal static class LayerNoise
{
    // what a thread fills in one go
    private const int Chunk = 1 << 15;

    /// <summary>Numbers in [0, 1) of the shape, type and device of <paramref name="like"/>; the caller disposes of them.</summary>
    /// <param name="like">Weights, or activations N x C x H x W.</param>
    /// <param name="byImage">Whether its first dimension counts images.</param>
    /// <param name="moment">Where in its training the network is.</param>
    /// <param name="place">The layer's number in its network.</param>
    public static Tensor Of(Tensor like, bool byImage, TrainingMoment moment, int place)
    {
        var seed = (long)SplitMix64.Of(moment.NoiseSeed, (ulong)place).Next();
        var count = like.numel();
        var first = byImage ? moment.FirstImage * (count / like.shape[0]) : 0;
        var noise = empty(like.shape, like.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, CPU);
        var memory = Memory.Of(noise);
        Parallel.For(
            0, (count + Chunk - 1) / Chunk, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() },
            chunk => Fill(noise.dtype, memory, seed, moment.Iteration, first, chunk * Chunk, (int)Math.Min(Chunk, count - chunk * Chunk)));
        GC.KeepAlive(noise);
        if (like.device_type == TorchSharp.DeviceType.CPU && noise.dtype == like.dtype)
        {
            return noise;
        }

        using (noise)
        {
            return noise.to(like.dtype, like.device);
        }
    }

    private static unsafe void Fill(ScalarType type, nint memory, long seed, int iteration, long first, long start, int count)
    {
        if (type == ScalarType.Float64)
        {
            Noise.fillDouble(seed, iteration, first + start, new Span<double>((double*)memory + start, count));
        }
        else
        {
            Noise.fillSingle(seed, iteration, first + start, new Span<float>((float*)memory + start, count));
        }
    }
}
