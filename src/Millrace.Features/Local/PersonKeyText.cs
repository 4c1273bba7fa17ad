using Millrace.Features.Online;

namespace Millrace.Features.Local;

/// <summary>A person's key: tenant, line feed, id. No id holds a control character.</summary>
internal static class PersonKeyText
{
    /// <summary>Tenants and ids are at most 128 bytes long.</summary>
    internal const int Longest = 257;

    internal static HashedKey Of(string tenant, string id, Span<char> buffer)
    {
        var length = tenant.Length + 1 + id.Length;
        var key = length <= buffer.Length ? buffer[..length] : new char[length];
        tenant.CopyTo(key);
        key[tenant.Length] = '\n';
        id.CopyTo(key[(tenant.Length + 1)..]);
        return (ReadOnlySpan<char>)key;
    }
}
