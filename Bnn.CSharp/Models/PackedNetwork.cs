using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network's tensors as its own file, <c>.bnn</c>, has them: one bit for each binary weight. All lie in three, one after the other in
/// the order of declaration: a header that named each would be as long as a small network's bits.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>signs</c>, U8: the signs of the binary weights of which the sign tells all (<see cref="WeightBinarizer.storage"/>), 8 to a byte, the first
/// in its lowest bit; 1 where w >= 0. Those behind the last are 0.</item>
/// <item><c>scales</c>, F32: alpha = mean |w| of each output channel of those whose values have that as their factor.</item>
/// <item><c>rest</c>, F32: all other parameters, and batch norm's running means and variances. Its counters are not there; they are 0 again.</item>
/// </list>
/// One that would be empty is not there. Where a network is used with real weights, all of its numbers are <c>rest</c>.
/// <para>What is read has the weights alpha sign(w), alpha = 1 where there is no scale. Their mean magnitude is alpha again, to the bit: a float64 sum of up to 2^29 equal float32
/// numbers is exact, in whatever order, and so is its quotient.</para>
/// </remarks>
internal static class PackedNetwork
{
    /// <summary>The format's name in the file.</summary>
    public const string Format = "bnn packed network 2";

    /// <summary>That of files that name their network's family; their tensors are the same.</summary>
    public const string EarlierFormat = "bnn packed network 1";

    private const string SignsName = "signs";
    private const string ScalesName = "scales";
    private const string RestName = "rest";

    /// <summary>The file's tensors.</summary>
    /// <param name="network">A network; one of float64 is converted to float32 first.</param>
    /// <param name="binaryWeights">Whether it is used with binary weights.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="BnnFileException">The network is too large for such a file, or a number of it is not finite.</exception>
    public static IReadOnlyList<NamedArray> Pack(TorchNetwork network, bool binaryWeights, string path)
    {
        if (network.FirstLost() is { } lost)
        {
            throw new BnnFileException(path, $"is not written: {lost}, of which a sign would show nothing", "save it as .safetensors, which keeps every number as it is");
        }

        var parts = new Parts(network, binaryWeights, path);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        ReadOnlyMemory<byte> Content(string name) => name switch
        {
            SignsName => PackedSigns(cat([.. parts.Signed.Select(signed => signed.Weight.Value.flatten())]), parts.SignBytes),
            ScalesName => Joined(parts.Signed.Where(signed => signed.HasScale).Select(signed => ChannelScale.MeanMagnitude(signed.Weight.Value.to(ScalarType.Float32)))),
            _ => Joined(parts.Rest.Select(tensor => tensor.Value)),
        };
        return [.. parts.Expected.Select(part => new NamedArray(part.Name, part.Dtype, part.Shape, Content(part.Name)))];
    }

    /// <summary>The network's tensors by name, from the file's. Everything is checked before memory is taken for them.</summary>
    /// <param name="arrays">What the file holds.</param>
    /// <param name="header">The file's description of it.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="BnnFileException">The file's tensors are not those of the network.</exception>
    public static IReadOnlyList<NamedArray> Unpack(IReadOnlyList<NamedArray> arrays, NetworkHeader header, string path)
    {
        var network = TorchNetwork.Outline(header.Model);
        var parts = new Parts(network, header.BinaryWeights, path);
        NetworkTensors.Require(arrays, parts.Expected, path, (own, found) => own == found);
        ReadOnlyMemory<byte> Part(string name) => arrays.FirstOrDefault(array => array.Name == name)?.Bytes ?? default;
        var latent = new LatentWeights(Part(SignsName), Part(ScalesName), parts.Signs, path);
        var (rest, binary) = (Part(RestName), parts.Signed.ToDictionary(signed => signed.Weight, signed => signed.HasScale));
        var tensors = new List<NamedArray>();
        foreach (var tensor in network.Store.All)
        {
            var bytes = tensor.IsCounter ? new byte[sizeof(long)]
                : binary.TryGetValue(tensor, out var hasScale) ? latent.Next(tensor, hasScale)
                : rest[..(int)(tensor.Count * sizeof(float))];
            tensors.Add(new(tensor.Name, tensor.IsCounter ? "I64" : "F32", tensor.Shape, bytes));
            rest = tensor.IsCounter || binary.ContainsKey(tensor) ? rest : rest[bytes.Length..];
        }

        return tensors;
    }

    private static ReadOnlyMemory<byte> PackedSigns(Tensor weights, long bytes)
    {
        var floats = weights.to(ScalarType.Float32).cpu();
        var signs = SignsModule.toBytes(SignsModule.pack(Memory.Floats(floats)));
        GC.KeepAlive(floats);
        return signs.AsMemory(0, (int)bytes);
    }

    private static ReadOnlyMemory<byte> Joined(IEnumerable<Tensor> tensors) =>
        TensorBytes.ToArray("", cat([.. tensors.Select(tensor => tensor.to(ScalarType.Float32).flatten())])).Bytes;

    /// <summary>Which of a network's tensors go where.</summary>
    private sealed class Parts
    {
        public Parts(TorchNetwork network, bool binaryWeights, string path)
        {
            Signed = binaryWeights ? [.. network.SignedWeights()] : [];
            var weights = Signed.Select(signed => signed.Weight).ToList();
            Rest = [.. network.Store.All.Except(weights).Where(tensor => !tensor.IsCounter)];
            Signs = weights.Sum(weight => weight.Count);
            var (scales, rest) = (Signed.Where(signed => signed.HasScale).Sum(signed => signed.Weight.Shape[0]), Rest.Sum(tensor => tensor.Count));
            if (Signs > int.MaxValue || rest > Array.MaxLength / sizeof(float) || weights.Exists(weight => weight.Count > Array.MaxLength / sizeof(float)))
            {
                throw new BnnFileException(
                    path, $"is of a network of {Signs} binary weights and {rest} other numbers, more than a .bnn holds: 2^31, of a layer 2^29, and 2^29",
                    "use a smaller network, or safetensors");
            }

            Expected = [.. new (string Name, string Dtype, long[] Shape)[]
            {
                (SignsName, "U8", [SignBytes]), (ScalesName, "F32", [scales]), (RestName, "F32", [rest]),
            }.Where(part => part.Shape[0] > 0)];
        }

        public IReadOnlyList<(NetworkTensor Weight, bool HasScale)> Signed { get; }

        public IReadOnlyList<NetworkTensor> Rest { get; }

        public long Signs { get; }

        public long SignBytes => (Signs + 7) / 8;

        public IReadOnlyList<(string Name, string Dtype, long[] Shape)> Expected { get; }
    }

    /// <summary>The weights alpha sign(w), tensor by tensor.</summary>
    private sealed class LatentWeights
    {
        private readonly Signs signs;
        private readonly ReadOnlyMemory<byte> scales;
        private int weight;
        private int channel;

        public LatentWeights(ReadOnlyMemory<byte> packed, ReadOnlyMemory<byte> scales, long count, string path)
        {
            this.scales = scales;
            var words = new byte[(count + 63) / 64 * sizeof(ulong)];
            packed.CopyTo(words);
            signs = SignsModule.tryOfBytes((int)count, words)!.Value;
            foreach (var alpha in Scales)
            {
                if (alpha < 0)
                {
                    throw new BnnFileException(path, $"has the scale {alpha}, which is no mean magnitude", "get it again from where it came from");
                }
            }
        }

        private ReadOnlySpan<float> Scales => MemoryMarshal.Cast<byte, float>(scales.Span);

        public ReadOnlyMemory<byte> Next(NetworkTensor tensor, bool hasScale)
        {
            var bytes = new byte[tensor.Count * sizeof(float)];
            var weights = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
            var length = (int)(tensor.Count / tensor.Shape[0]);
            for (var k = 0; k < weights.Length; k++)
            {
                var alpha = hasScale ? Scales[channel + k / length] : 1;
                // 0 has no sign: -0 counts as positive where signs are taken, but prints and compares by bits as another number
                weights[k] = SignsModule.isPositive(weight + k, signs) ? alpha : alpha == 0 ? 0 : -alpha;
            }

            (weight, channel) = (weight + weights.Length, channel + (hasScale ? (int)tensor.Shape[0] : 0));
            return bytes;
        }
    }
}
