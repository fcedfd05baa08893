using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>What must be set before libtorch is loaded. Runs by itself when the library is first used.</summary>
internal static partial class Native
{
    private const int MallocTrimThreshold = -1;
    private const int MallocMmapThreshold = -3;

#pragma warning disable CA2255 // a library's module initializer: nothing later is early enough
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // OpenMP's threads would spin between two torch operations and take the processors from our own loops.
        // Environment.SetEnvironmentVariable does not reach native code, so libc's own function is called; a value that
        // the user has set stays.
        _ = SetEnvironment("OMP_WAIT_POLICY", "passive", 0);

        // Freed tensors go back to the heap instead of the system: fresh pages would have to be cleared at every step.
        if (Environment.GetEnvironmentVariable("BNN_MALLOC") != "default")
        {
            _ = MallocOption(MallocMmapThreshold, 32 << 20);
            _ = MallocOption(MallocTrimThreshold, int.MaxValue);
        }

        // F# Interactive does not look into runtimes/, where the build puts TorchSharp's library.
        var beside = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location);
        var library = Path.Combine(beside ?? "", "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64 && File.Exists(library))
        {
            _ = NativeLibrary.TryLoad(library, out _);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallocOption(int parameter, int value);
}
