using System.Buffers;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using Millrace.Journal.Facts;

namespace Millrace.Journal;

/// <summary>The hashes by which facts are placed and found. They are part of the on-disk format and never change.</summary>
internal static class FactKeys
{
    private const int MaxIdBytes = 128;
    private const int MostBytesPerChar = 3;
    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(i => (char)i).Where(char.IsControl)]);

    /// <summary>XxHash3 of the tenant, a zero byte and the key, all UTF-8.</summary>
    [SkipLocalsInit]
    public static ulong Hash(string tenant, string key)
    {
        using var text = new TenantText(tenant, key, stackalloc byte[TenantText.StackBytes]);
        return XxHash3.HashToUInt64(text.Bytes);
    }

    /// <summary>XxHash128 of the tenant, a zero byte and the subject, all UTF-8.</summary>
    [SkipLocalsInit]
    public static UInt128 HashSubject(string tenant, string subject)
    {
        using var text = new TenantText(tenant, subject, stackalloc byte[TenantText.StackBytes]);
        return XxHash128.HashToUInt128(text.Bytes);
    }

    /// <summary>The partition of a fact among <paramref name="partitions"/>.</summary>
    public static int Partition(Fact fact, int partitions) => partitions == 1 ? 0 : (int)(Hash(fact.Tenant, fact.PartitionKey) % (ulong)partitions);

    /// <summary>Whether a fact is what a search for <paramref name="key"/> wants.</summary>
    public static bool Matches(Fact fact, string key, string tenant) => fact.Tenant == tenant && (fact.Id == key || fact.DecisionKey == key);

    /// <summary>Refuses a fact that no adapter may take.</summary>
    /// <exception cref="ArgumentException">Names the field and what was expected.</exception>
    public static void Check(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        CheckId(fact.Id, nameof(fact.Id));
        CheckId(fact.Tenant, nameof(fact.Tenant));
        if (fact.Erased)
        {
            throw new ArgumentException("Erased: expected a fact with its sealed part, got one whose subject's key was destroyed", nameof(fact));
        }

        if (fact is UnrecognisedFact)
        {
            throw new ArgumentException($"Type: expected a type that this release writes, got {(int)fact.Type}", nameof(fact));
        }

        FactContext.Check(fact);
    }

    private static void CheckId(string? value, string field)
    {
        value ??= "";
        var bytes = value.Length <= MaxIdBytes / MostBytesPerChar ? value.Length : Encoding.UTF8.GetByteCount(value);

        if (bytes is 0 or > MaxIdBytes)
        {
            throw new ArgumentException($"{field}: expected 1 to {MaxIdBytes} bytes of UTF-8, got {bytes}", field);
        }

        // Nearly every id is printable ASCII, which one vector comparison tells.
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~') && value.AsSpan().IndexOfAny(Controls) is var at and >= 0)
        {
            throw new ArgumentException($"{field}: expected no control characters, got U+{(int)value[at]:X4}", field);
        }
    }

    /// <summary>A tenant, a zero byte and a key as UTF-8, on the stack when they are of usual length.</summary>
    private readonly ref struct TenantText
    {
        public const int StackBytes = 512;
        private readonly byte[]? _rented;

        public TenantText(string tenant, string key, Span<byte> stack)
        {
            var most = Encoding.UTF8.GetMaxByteCount(tenant.Length + key.Length) + 1;
            var bytes = most <= stack.Length ? stack : _rented = ArrayPool<byte>.Shared.Rent(most);
            var length = Encoding.UTF8.GetBytes(tenant, bytes);
            bytes[length++] = 0;
            length += Encoding.UTF8.GetBytes(key, bytes[length..]);
            Bytes = bytes[..length];
        }

        public ReadOnlySpan<byte> Bytes { get; }

        public void Dispose()
        {
            if (_rented is not null)
            {
                ArrayPool<byte>.Shared.Return(_rented);
            }
        }
    }
}
