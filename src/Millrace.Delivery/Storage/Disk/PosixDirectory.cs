using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>Opens a directory as a file, which the runtime refuses to do, so that it can be synced.</summary>
internal static partial class PosixDirectory
{
    private const int ReadOnly = 0;

    public static SafeFileHandle Open(string path)
    {
        var descriptor = OpenNative(path, ReadOnly);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"cannot open directory {path}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags);
}
