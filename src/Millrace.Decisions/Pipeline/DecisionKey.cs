using System.IO.Hashing;
using System.Text;

namespace Millrace.Decisions.Pipeline;

/// <summary>Hashes by which decisions and persons of a tenant are known without keeping their words.</summary>
internal static class DecisionKey
{
    /// <summary>Of a decision: 128 bits, which two ids do not share by chance.</summary>
    internal static UInt128 Of(string tenant, string id)
    {
        Span<byte> stack = stackalloc byte[1024];
        return XxHash128.HashToUInt128(Text(tenant, id, stack));
    }

    /// <summary>Of a user or session; never 0, which is nobody's.</summary>
    internal static ulong Subject(string tenant, string subject)
    {
        Span<byte> stack = stackalloc byte[1024];
        return XxHash3.HashToUInt64(Text(tenant, subject, stack)) | 1;
    }

    /// <summary>A tenant holds no control character, hence no two pairs make the same bytes.</summary>
    private static ReadOnlySpan<byte> Text(string tenant, string id, Span<byte> stack)
    {
        int most = Encoding.UTF8.GetMaxByteCount(tenant.Length + id.Length + 1);
        Span<byte> text = most <= stack.Length ? stack : new byte[most];
        int length = Encoding.UTF8.GetBytes(tenant, text);
        text[length++] = 0;
        length += Encoding.UTF8.GetBytes(id, text[length..]);
        return text[..length];
    }
}
