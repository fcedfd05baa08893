using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>What must be set before libtorch is loaded. Runs by itself when the library is first used.</summary>
internal static partial class Native
{
    // M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    private static string Library => Path.Combine(
        Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) ?? "", "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

#pragma warning disable CA2255 // a library's module initializer: nothing later is early enough
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // OpenMP's idle threads spin by default, which makes every torch operation 5 to 10 times slower as soon as another
        // thread is busy. A short spin keeps small operations fast where nothing else runs. libc's own setenv is called, as
        // Environment.SetEnvironmentVariable does not reach native code; a policy that the user has set stays.
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            _ = SetEnvironment("OMP_WAIT_POLICY", "passive", 0);
            _ = SetEnvironment("GOMP_SPINCOUNT", "1000", 0);
        }

        // glibc gives large freed blocks back to the system and takes them anew, page by page, for the next activations. Measured:
        // a step of ReActNet-A (16 images, 224 x 224) takes 1.25 times as long that way. A user's own settings stay.
        if (Environment.GetEnvironmentVariable("GLIBC_TUNABLES") is null)
        {
            _ = SetAllocator(MmapThreshold, int.MaxValue);
            _ = SetAllocator(TrimThreshold, int.MaxValue);
        }

        // F# Interactive does not look into runtimes/, where the build puts TorchSharp's library.
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64 && File.Exists(Library))
        {
            _ = NativeLibrary.TryLoad(Library, out _);
        }
    }

    /// <summary>Loads libtorch, where it is not loaded yet.</summary>
    /// <exception cref="BnnConfigurationException">It cannot be loaded: the package with it is missing, or the process may not take as much of its
    /// address space as it needs. TorchSharp speaks of the first only.</exception>
    internal static void RequireTorch()
    {
        try
        {
            TorchSharp.torch.InitializeDeviceType(TorchSharp.DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or FileNotFoundException)
        {
            throw new BnnConfigurationException([Fault.Problem(
                "libtorch", $"it cannot be loaded ({WhyNotLoaded() ?? "it is not where TorchSharp looks for it"})",
                "add the package libtorch-cpu-linux-x64; if it is there, allow the process more address space (ulimit -v): libtorch takes some 2 GB of it")]);
        }
    }

    private static string? WhyNotLoaded()
    {
        try
        {
            _ = NativeLibrary.Load(Library);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // first come .NET's hints for diagnosis, then what the system's loader said
            return e.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Skip(1).FirstOrDefault() ?? e.Message;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetAllocator(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
