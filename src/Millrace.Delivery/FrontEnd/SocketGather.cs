using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Sends many pieces by one system call from where they lie, as far as the socket takes them at once. The runtime's own gathered send allocates for
/// more than eight pieces; a megabyte of HTTP/2 has a hundred and thirty.
/// </summary>
internal static unsafe partial class SocketGather
{
    /// <summary>Pieces of one call; the kernel's bound is 1,024.</summary>
    private const int MaxPieces = 128;

    private const int DoNotWait = 0x40;
    private const int NoSignal = 0x4000;

    [ThreadStatic]
    private static MemoryHandle[]? _pins;

    /// <summary>Whether this platform has it; elsewhere pieces are sent one by one.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Sends the first pieces. Returns how many bytes were taken: none when the socket is full, or gone, which the next send that waits will tell.</summary>
    public static long TrySend(Socket socket, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        var count = Math.Min(pieces.Length, MaxPieces);
        var pins = _pins ??= new MemoryHandle[MaxPieces];
        var vectors = stackalloc Vector[MaxPieces];
        for (var i = 0; i < count; i++)
        {
            pins[i] = pieces[i].Pin();
            vectors[i] = new Vector { Base = pins[i].Pointer, Length = (nuint)pieces[i].Length };
        }

        try
        {
            Message message = new() { Vectors = vectors, VectorCount = (nuint)count };
            return Math.Max(0, Send(socket.SafeHandle, &message, DoNotWait | NoSignal));
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
        finally
        {
            for (var i = 0; i < count; i++)
            {
                pins[i].Dispose();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg")]
    private static partial nint Send(SafeSocketHandle socket, Message* message, int flags);

    /// <summary>struct iovec.</summary>
    private struct Vector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr of 64-bit Linux.</summary>
    private struct Message
    {
        public void* Name;
        public ulong NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public ulong Flags;
    }
}
