using System.Security.Cryptography;
using System.Text;

namespace Millrace.Flywheel;

/// <summary>
/// Names persons in facts that stay when the persons are erased: HMAC-SHA256 under a key of the data directory, so that nobody can try ids without it.
/// </summary>
/// <param name="secret">The data directory's secret; the key is derived from it.</param>
internal sealed class SubjectDigests(byte[] secret)
{
    private const int Bytes = 16;

    private readonly byte[] _key = HMACSHA256.HashData(secret, "subjects"u8);

    /// <summary>32 hexadecimal digits for a user or session of a tenant.</summary>
    // A tenant holds no control character, hence no two pairs make the same bytes.
    public string Of(string tenant, string subject) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{tenant}\0{subject}")).AsSpan(0, Bytes));
}
