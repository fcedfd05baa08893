using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>What a run was on. None of it keeps a run from going on elsewhere, but the same digits are promised on the same only.</summary>
/// <param name="Library">This library's version.</param>
/// <param name="Torch">libtorch's version.</param>
/// <param name="Runtime">.NET's version.</param>
/// <param name="Processor">Its kind, and the width of its vectors in bits.</param>
/// <param name="Threads">CPU threads.</param>
/// <param name="Device">Where the network was.</param>
internal sealed record RunEnvironment(string Library, string Torch, string Runtime, string Processor, int Threads, string Device)
{
    /// <summary>This process.</summary>
    public static RunEnvironment Current(Device device) => new(
        typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        $"{__version__}", RuntimeInformation.FrameworkDescription, $"{RuntimeInformation.ProcessArchitecture} {VectorBits}", get_num_threads(),
        $"{device.type}");

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>What differs from an earlier process's, as a sentence; null where nothing does.</summary>
    public string? Since(RunEnvironment earlier)
    {
        (string What, string Was, string Is)[] all =
        [
            ("Bnn", earlier.Library, Library), ("libtorch", earlier.Torch, Torch), ("runtime", earlier.Runtime, Runtime),
            ("processor", earlier.Processor, Processor), ("threads", $"{earlier.Threads}", $"{Threads}"), ("device", earlier.Device, Device),
        ];
        var changes = all.Where(entry => entry.Was != entry.Is).Select(entry => $"{entry.What} {entry.Was} then, {entry.Is} now").ToList();
        return changes.Count == 0 ? null : $"{string.Join("; ", changes)}: the last digits may not be those of an uninterrupted run";
    }
}

/// <summary>JSON of <see cref="RunEnvironment"/>.</summary>
[JsonSerializable(typeof(RunEnvironment))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class RunEnvironmentJson : JsonSerializerContext;
