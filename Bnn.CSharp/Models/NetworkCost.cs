namespace Bnn;

/// <summary>The size of what flows through a network: channels, height, width of one image.</summary>
internal readonly record struct Extent3(long Channels, long Height, long Width)
{
    public override string ToString() => $"{Channels} x {Height} x {Width}";
}

/// <summary>What one image costs: binary multiply-adds and real ones.</summary>
/// <param name="Binary">BOPs: multiply-adds of binary weights with binary activations.</param>
/// <param name="Real">FLOPs, counted as the paper counts them: multiply-adds of real convolutions and the classifier.</param>
internal readonly record struct NetworkCost(double Binary, double Real)
{
    /// <summary>OPs = BOPs / 64 + FLOPs.</summary>
    public double Operations => Binary / 64 + Real;

    public static NetworkCost operator +(NetworkCost a, NetworkCost b) => new(a.Binary + b.Binary, a.Real + b.Real);
}
