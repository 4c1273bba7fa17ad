using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Labels;

/// <summary>Names persons in labels: 64 bits of HMAC-SHA256 under a key of the data directory, other than those in facts, so that nobody can try ids without it or join the two.</summary>
/// <param name="secret">The data directory's secret; the key is derived from it.</param>
/// <param name="tenant">Whose persons.</param>
internal sealed class ExamplePersons(byte[] secret, string tenant)
{
    private readonly byte[] _key = HMACSHA256.HashData(secret, "examples"u8);

    public long Of(string subject)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{tenant}\0{subject}"), digest);
        return BinaryPrimitives.ReadInt64LittleEndian(digest);
    }
}
