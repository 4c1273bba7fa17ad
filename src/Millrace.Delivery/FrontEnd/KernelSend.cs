using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Sends of Linux that .NET's sockets have not: with a word that more follows, of how much fitted, and from a file without a copy. They never wait: a socket that
/// the runtime has received on asynchronously does not block.
/// </summary>
internal static unsafe partial class KernelSend
{
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int More = 0x8000;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;

    public static bool IsSupported { get; } = OperatingSystem.IsLinux();

    /// <summary>Gives bytes to the kernel: returns how many it took, zero when it is full.</summary>
    /// <param name="socket">A connected socket.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="more">Whether more follow at once, so that these need not leave by themselves.</param>
    /// <exception cref="SocketException">The connection is gone.</exception>
    public static int Send(Socket socket, ReadOnlySpan<byte> bytes, bool more)
    {
        fixed (byte* first = bytes)
        {
            while (true)
            {
                var sent = SendNative(socket.SafeHandle, first, (nuint)bytes.Length, DontWait | NoSignal | (more ? More : 0));
                if (sent >= 0 || IsFull())
                {
                    return (int)Math.Max(0, sent);
                }
            }
        }
    }

    /// <summary>Gives a part of a file to the kernel, which refers to its pages: returns how many bytes it took, zero when it is full.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    public static int SendFile(Socket socket, SafeFileHandle file, long offset, int bytes)
    {
        while (true)
        {
            var sent = SendFileNative(socket.SafeHandle, file, &offset, (nuint)bytes);
            if (sent >= 0 || IsFull())
            {
                return (int)Math.Max(0, sent);
            }
        }
    }

    /// <summary>Whether a call failed for lack of room; false when it is to be made again.</summary>
    private static bool IsFull() => Marshal.GetLastPInvokeError() switch
    {
        WouldBlock => true,
        Interrupted => false,
        var error => throw new SocketException((int)SocketError.SocketError, $"errno {error}"),
    };

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendNative(SafeSocketHandle socket, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFileNative(SafeSocketHandle socket, SafeFileHandle file, long* offset, nuint length);
}
