namespace Bnn;

/// <summary>Pictures with noise as examples, and without it as their targets.</summary>
internal sealed class NoisyImages(Examples pictures, double deviation) : Examples
{
    public override int Count => pictures.Count;

    public override FeatureSize Size => pictures.Size;

    public override FeatureSize? TargetSize => pictures.Size;

    public override Picture this[int index] => Seen(index, new View(Normalization.Bytes(Channels)));

    internal override Augmentation UsualAugmentation => pictures.UsualAugmentation;

    internal override int UsualWorkers => pictures.UsualWorkers;

    internal override double? DamagedLimit => pictures.DamagedLimit;

    internal override int SkippedBefore => pictures.SkippedBefore;

    internal override PassedOver PassedOver => pictures.PassedOver;

    internal override bool IsOfItsUser => false;

    internal override bool CanBeAugmented => true;

    public override void Write(int index, Span<float> inputs)
    {
        using var reader = OpenReader();
        reader.Write(index, new View(Normalization.None(Channels)), inputs);
    }

    public override void WriteTarget(int index, Span<float> target) => pictures.Write(index, target);

    // not normalized: an input without noise is its target
    internal override (double[] Means, double[] Deviations) ChannelMoments() =>
        ([.. Enumerable.Repeat(0.0, Channels)], [.. Enumerable.Repeat(1.0, Channels)]);

    internal override string NameOf(int index) => pictures.NameOf(index);

    internal override DataIdentity Identity() => pictures.Identity().With(deviation);

    internal override Examples Pick(ReadOnlySpan<int> indices) => new NoisyImages(pictures.Pick(indices), deviation);

    internal override ExampleReader OpenReader() => new Reader(pictures, deviation);

    private sealed class Reader(Examples pictures, double deviation) : ExampleReader
    {
        // another stream than the one that augmentation draws from
        private const long Stream = 0x6E6F697365;

        private readonly ExampleReader reader = pictures.OpenReader();
        private readonly Normalization none = Normalization.None(pictures.Channels);
        private readonly float[] own = new float[pictures.Size.Count];

        public override void Write(int index, View view, Span<float> inputs) => Write(index, view, inputs, own);

        public override void Write(int index, View view, Span<float> inputs, Span<float> target)
        {
            reader.Write(index, view with { Normalization = none }, target);
            var random = view.Augmentation is null
                ? SplitMix64.Of(Stream, ulong.MaxValue, (ulong)index)
                : SplitMix64.Of(view.Seed ^ Stream, view.Epoch, (ulong)index);
            for (var k = 0; k < target.Length; k++)
            {
                inputs[k] = (float)(target[k] + deviation * random.Normal());
            }

            view.Normalization.Apply(inputs);
        }

        public override void Dispose() => reader.Dispose();
    }
}

internal sealed class NoisySource(DataSource source, double deviation) : DataSource
{
    public override string Name => FormattableString.Invariant($"{source.Name}, noise {deviation:0.######}");

    public override string Version => source.Version;

    public override Dataset Load()
    {
        var pictures = source.Load();
        return pictures.Train.CanBeAugmented && pictures.Train.TargetSize is null
            ? new(Name, new NoisyImages(pictures.Train, deviation), new NoisyImages(pictures.Test, deviation)) { GivenNormalization = pictures.GivenNormalization, Remarks = pictures.Remarks }
            : throw new BnnConfigurationException([Fault.Problem(
                $"data {source.Name}", "it has numbers, and noise is added to pictures", "give pictures; numbers have targets of their own (FloatSet, Examples.WriteTarget)")]);
    }
}
