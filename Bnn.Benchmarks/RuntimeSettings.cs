using System.Runtime.InteropServices;

namespace Bnn.Benchmarks;

/// <summary>Settings of the native libraries that change what is measured.</summary>
internal static partial class RuntimeSettings
{
    /// <summary>What OpenMP's idle threads do: passive (wait) is what the library sets; active (spin) is libgomp's default.</summary>
    public static string WaitPolicy()
    {
        Native.Prepare();
        return Marshal.PtrToStringUTF8(GetEnvironment("OMP_WAIT_POLICY")) ?? "not set";
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
