using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Millrace.Journal;

namespace Millrace.Decisions.Pipeline;

/// <summary>
/// The seeds of decisions: HMAC-SHA256, under a salt that only this process knows, of when and where a decision is taken and under which id. The same id
/// in another moment, surface or tenant draws anew, and no caller can try ids until one suits. The seed itself stands in the record, so that replay
/// needs neither salt nor time.
/// </summary>
internal static class DecisionSeeds
{
    private const int StackBytes = 512;

    internal static ulong Of(DecideRequest request, UnixMicros now, ReadOnlySpan<byte> salt)
    {
        int most = sizeof(long) + (3 * sizeof(int)) + Encoding.UTF8.GetMaxByteCount(request.Tenant.Length + request.Surface.Length + request.DecisionId.Length + 2);
        Span<byte> text = most <= StackBytes ? stackalloc byte[StackBytes] : new byte[most];
        BinaryPrimitives.WriteInt64LittleEndian(text, now.Value);
        int length = sizeof(long);
        length += Write(text[length..], request.Tenant);
        length += Write(text[length..], request.Surface);
        length += Write(text[length..], request.DecisionId);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(salt, text[..length], hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>Lengths before texts: no two different requests make the same bytes.</summary>
    private static int Write(Span<byte> target, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, target[sizeof(int)..]);
        BinaryPrimitives.WriteInt32LittleEndian(target, length);
        return length + sizeof(int);
    }
}
