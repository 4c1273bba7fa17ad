using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Delivery.Storage;

/// <summary>
/// Bytes in a file in memory (memfd), whose pages the kernel hands to a socket without a copy (decision 0019), mapped for those who need them as memory. Written
/// once and never changed: pages that wait in a socket are the file's own. It ends when nobody refers to it or to memory of it any more. A span refers to
/// nothing: who takes one must hold the memory, or the object whose it is, for as long.
/// </summary>
internal sealed partial class MemoryFile : MemoryManager<byte>
{
    /// <summary>Smaller bodies stay arrays: sending one of 64 or 128 KiB as a file takes as much time as copying it, and a file costs a descriptor and memory of the kernel.</summary>
    public const int MinBytes = 256 * 1024;

    /// <summary>What a file costs beside its pages: the kernel's inode, directory entry, open file and mapping, and our own objects.</summary>
    private const int FixedBytes = 2048;

    private const int PageBytes = 4096;

    /// <summary>A node of the kernel's index of pages has 576 bytes for 64 of them.</summary>
    private const int PageIndexBytes = 9;

    private const uint CloseOnExec = 1;
    private const uint NeverRun = 8;

    private static int s_count;

    private readonly Mapping _mapping;
    private readonly int _length;

    private MemoryFile(SafeFileHandle handle, Mapping mapping, int length) => (Handle, _mapping, _length) = (handle, mapping, length);

    /// <summary>Files that may be open at once. Connections need descriptors too, and a process of Linux may have 65,530 mappings (vm.max_map_count).</summary>
    public static int MaxCount { get; } = OperatingSystem.IsLinux() ? (int)Math.Min(DescriptorLimit() / 4, 32_000) : 0;

    /// <summary>Files that are open now.</summary>
    public static int Count => Volatile.Read(ref s_count);

    public SafeFileHandle Handle { get; }

    /// <summary>What a body of this length costs as a file.</summary>
    public static long MemoryBytesOf(long length) => FixedBytes + ((length + PageBytes - 1) / PageBytes * (PageBytes + PageIndexBytes));

    /// <summary>A file of these bytes, one piece behind the other; null where there is none to be had: another system, too many of them, no memory.</summary>
    public static MemoryFile? TryCreate(params IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var length = pieces.Sum(static piece => (long)piece.Length);
        if (length is 0 or > int.MaxValue || Count >= MaxCount)
        {
            return null;
        }

        // Never to be run; kernels before 6.3 know no such wish.
        var descriptor = CreateNative("millrace", CloseOnExec | NeverRun) is >= 0 and var sealedFile ? sealedFile : CreateNative("millrace", CloseOnExec);
        if (descriptor < 0)
        {
            return null;
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        try
        {
            RandomAccess.Write(handle, pieces, 0);
        }
        catch (IOException)
        {
            handle.Dispose();
            return null;
        }

        if (Mapping.TryMap(handle, (int)length) is { } mapping)
        {
            return new MemoryFile(handle, mapping, (int)length);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>A copy of bytes in a file, if they are <see cref="MinBytes"/> or more and there is a file to be had; else null.</summary>
    public static ReadOnlyMemory<byte>? OfLarge(ReadOnlyMemory<byte> bytes) => bytes.Length >= MinBytes ? TryCreate(bytes)?.Memory : null;

    /// <summary>The file that memory is of, and where in it the memory begins; null for other memory.</summary>
    public static MemoryFile? Of(ReadOnlyMemory<byte> memory, out int offset) =>
        MemoryMarshal.TryGetMemoryManager(memory, out MemoryFile? file, out offset, out _) ? file : null;

    public override unsafe Span<byte> GetSpan() => new((byte*)_mapping.DangerousGetHandle(), _length);

    public override unsafe MemoryHandle Pin(int elementIndex = 0) => new((byte*)_mapping.DangerousGetHandle() + elementIndex, default, this);

    public override void Unpin()
    {
        // The handle that Pin gave refers to this, which keeps the mapping.
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _mapping.Dispose();
            Handle.Dispose();
        }
    }

    /// <summary>RLIMIT_NOFILE, which the runtime raises to its hard limit as it starts.</summary>
    private static long DescriptorLimit() => GetLimit(7, out var limit) == 0 ? (long)Math.Min(limit.Soft, int.MaxValue) : 0;

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateNative(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>The file as memory, to be read. The collector knows its bytes by it.</summary>
    private sealed partial class Mapping : SafeHandleMinusOneIsInvalid
    {
        private const int ProtectionRead = 1;
        private const int Shared = 1;

        private readonly int _length;

        private Mapping(nint address, int length)
            : base(ownsHandle: true)
        {
            _length = length;
            SetHandle(address);
            GC.AddMemoryPressure(length);
            Interlocked.Increment(ref s_count);
        }

        public static Mapping? TryMap(SafeFileHandle file, int length) => Map(0, (nuint)length, ProtectionRead, Shared, file, 0) is var at && at != -1 ? new(at, length) : null;

        protected override bool ReleaseHandle()
        {
            GC.RemoveMemoryPressure(_length);
            Interlocked.Decrement(ref s_count);
            return Unmap(handle, (nuint)_length) == 0;
        }

        [LibraryImport("libc", EntryPoint = "mmap")]
        private static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, nint offset);

        [LibraryImport("libc", EntryPoint = "munmap")]
        private static partial int Unmap(nint address, nuint length);
    }
}
