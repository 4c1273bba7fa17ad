using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Features.Online;

/// <summary>Asks Linux for huge pages, where its administrator leaves the choice to programs (transparent_hugepage = madvise).</summary>
internal static partial class HugePages
{
    private const nuint PageBytes = 2 << 20;
    private const int Advice = 14; // MADV_HUGEPAGE

    /// <summary>Asks for those that lie wholly within an array which does not move. A refusal changes nothing but the speed.</summary>
    internal static unsafe void Advise(long[] words)
    {
        var start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(words));
        var first = (start + PageBytes - 1) & ~(PageBytes - 1);
        var end = (start + ((nuint)words.Length * sizeof(long))) & ~(PageBytes - 1);
        if (OperatingSystem.IsLinux() && first < end)
        {
            _ = Madvise(first, end - first, Advice);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(nuint address, nuint length, int advice);
}
