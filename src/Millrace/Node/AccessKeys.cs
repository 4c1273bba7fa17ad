using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Node;

/// <summary>
/// The keys of a data directory, in <c>keys.json</c> (mode 0600, hashes only). A secret reads <c>mr_&lt;id&gt;_&lt;43 characters&gt;</c> and is shown once.
/// </summary>
internal sealed class AccessKeys
{
    /// <summary>More keys than this are refused: all are in memory, and the file is written whole at each change.</summary>
    public const int MaxKeys = 1_000;

    private const string FileName = "keys.json";
    private const int IdBytes = 6;
    private const int SecretBytes = 32;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private readonly DataDirectory _data;
    private readonly TimeProvider _clock;
    private readonly Lock _writing = new();
    private volatile ImmutableSortedDictionary<string, AccessKey> _keys;

    private AccessKeys(DataDirectory data, TimeProvider clock, ImmutableSortedDictionary<string, AccessKey> keys)
    {
        _data = data;
        _clock = clock;
        _keys = keys;
    }

    public IEnumerable<AccessKey> All => _keys.Values;

    /// <summary>Reads the keys of <paramref name="data"/>; none when there are none yet.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static AccessKeys Open(DataDirectory data, TimeProvider clock)
    {
        var bytes = data.ReadSecret(FileName);
        try
        {
            var keys = bytes is null ? [] : JsonSerializer.Deserialize<AccessKey[]>(bytes, Json) ?? [];
            return new AccessKeys(data, clock, keys.ToImmutableSortedDictionary(k => k.Id, k => k, StringComparer.Ordinal));
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{FileName} cannot be read ({damaged.Message}); move it away and new keys are made at the next start", damaged);
        }
    }

    /// <summary>Makes a key and stores its hash.</summary>
    /// <returns>The secret: the only time that it exists outside its holder's hands.</returns>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxKeys"/> already, or the tenant is not served.</exception>
    public string Create(KeyScope scope, string tenant)
    {
        if (Tenants.Fault(tenant) is { } fault)
        {
            throw new InvalidOperationException($"The key is not made: {fault}");
        }

        lock (_writing)
        {
            if (_keys.Count >= MaxKeys)
            {
                throw new InvalidOperationException($"There are {MaxKeys} keys already; revoke some first");
            }

            string id;
            do
            {
                // Base64url without '_' and '-', so that a double click selects the whole secret and its parts split cleanly.
                id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes)).Replace('_', 'a').Replace('-', 'b');
            }
            while (_keys.ContainsKey(id));

            var secret = $"mr_{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}";
            Store(_keys.SetItem(id, new AccessKey(id, scope, tenant, Convert.ToBase64String(Hash(secret)), _clock.GetUtcNow())));
            return secret;
        }
    }

    /// <summary>Forgets a key; false when there is none of that id.</summary>
    public bool Revoke(string id)
    {
        lock (_writing)
        {
            if (!_keys.ContainsKey(id))
            {
                return false;
            }

            Store(_keys.Remove(id));
            return true;
        }
    }

    /// <summary>The key whose secret this is, or null. The comparison takes the same time wherever two secrets differ.</summary>
    public AccessKey? Verify(ReadOnlySpan<char> secret)
    {
        const int head = 3;
        if (secret.Length is < 20 or > 128 || !secret.StartsWith("mr_") || secret[head + 8] != '_')
        {
            return null;
        }

        // Looking an id up takes time that depends on the id, which is no secret; the secret itself is compared in constant time.
        return _keys.TryGetValue(secret.Slice(head, 8).ToString(), out var key)
            && CryptographicOperations.FixedTimeEquals(Convert.FromBase64String(key.Hash), Hash(secret.ToString()))
            ? key
            : null;
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private void Store(ImmutableSortedDictionary<string, AccessKey> keys)
    {
        _data.WriteSecret(FileName, JsonSerializer.SerializeToUtf8Bytes(keys.Values.ToArray(), Json));
        _keys = keys;
    }
}
