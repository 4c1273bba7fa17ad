using System.IO.Hashing;
using System.Text;

namespace Millrace.Features.Numerics;

/// <summary>The 64 bits by which the state of persons names an item: XxHash3 of the id's UTF-8 bytes, the same on every machine and in every release.</summary>
public static class ItemHash
{
    private const int Longest = 512;

    /// <summary>The hash of an item's id.</summary>
    public static ulong Of(string id)
    {
        var most = Encoding.UTF8.GetMaxByteCount(id.Length);
        var utf8 = most <= Longest ? stackalloc byte[most] : new byte[most];
        return XxHash3.HashToUInt64(utf8[..Encoding.UTF8.GetBytes(id, utf8)]);
    }
}
