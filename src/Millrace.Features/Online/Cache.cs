using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Features.Online;

/// <summary>Hints to the processor's cache, which change nothing but the time that a later load takes.</summary>
internal static class Cache
{
    internal const int LineBytes = 64;

    /// <summary>Begins to load a line.</summary>
    internal static unsafe void Prefetch(ref byte at)
    {
        // An address that the collector moves meanwhile is a wasted hint, and nothing else.
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref at));
        }
    }

    /// <summary>Begins to load the first <paramref name="lines"/> of an object.</summary>
    internal static unsafe void Prefetch(object? target, int lines = 1)
    {
        if (target is null || !Sse.IsSupported)
        {
            return;
        }

        // A pointer may leave the object, which a reference may not; nothing is read there.
        ref var first = ref Unsafe.As<Raw>(target).First;
        var start = (byte*)Unsafe.AsPointer(ref first);
        for (var line = 0; line < lines; line++)
        {
            Sse.Prefetch0(start + (line * LineBytes));
        }
    }

    /// <summary>Any object, to take the address of its first field.</summary>
    private sealed class Raw
    {
        internal byte First;
    }
}
