using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Millrace.Journal;

namespace Millrace.Flywheel;

/// <summary>What a signed token says: this decision put this item at this rank of this slot. Signed by the node that decided.</summary>
/// <param name="Tenant">The decision's tenant; covered by the signature, not carried.</param>
/// <param name="Decision">The decision's id.</param>
/// <param name="Item">The item's id.</param>
/// <param name="Rank">1-based rank in its slot.</param>
/// <param name="Expires">From then on it is refused; whole seconds.</param>
/// <param name="Slot">The slot's id; null in a token of version 1, which had none.</param>
internal sealed record DeliveryToken(string Tenant, string Decision, string Item, int Rank, UnixMicros Expires, string? Slot = null);

/// <summary>Why a token was refused; <see cref="None"/> when it was not. Wire words are the names in camel case with <c>token</c> before them.</summary>
internal enum TokenFault
{
    None,

    /// <summary>Not a token at all, or its signature does not fit.</summary>
    Forged,

    /// <summary>Genuine, but of another key, tenant, decision or item.</summary>
    Foreign,

    /// <summary>Genuine, and too old.</summary>
    Expired,

    /// <summary>Genuine, and already spent on an event of the same type.</summary>
    Replayed,
}

/// <summary>
/// Signs and verifies delivery tokens. Layout before base64url: version 2, key id (4 bytes), expiry (seconds, 4 bytes), rank (2 bytes), decision
/// (0 + 16 bytes of a UUID, or length + UTF-8), item (length + UTF-8), slot (length + UTF-8; version 1 has none), then 16 bytes of HMAC-SHA256 over all
/// of it and the tenant. Whoever holds a URL can read it, hence it says nothing of the person: surface and segment stay with the decision.
/// A 128-bit tag is what RFC 2104 §5 allows at the least; forging one takes 2^128 tries against a node that answers thousands a second.
/// </summary>
internal sealed class DeliveryTokens
{
    private const byte WithoutSlot = 1;
    private const byte WithSlot = 2;
    private const int HeadBytes = 11;
    private const int TagBytes = 16;
    private const int MaxBytes = HeadBytes + 129 + 129 + 256 + TagBytes;

    private readonly byte[] _key;
    private readonly uint _keyId;

    /// <param name="key">32 random bytes; kept with the node's other secrets.</param>
    public DeliveryTokens(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, 32);
        _key = key.ToArray();
        _keyId = BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(key));
    }

    /// <summary>The token as unreserved URL characters: about 80 of them for a UUID decision and a short item id.</summary>
    public string Sign(DeliveryToken token)
    {
        Span<byte> bytes = stackalloc byte[MaxBytes];
        bytes[0] = token.Slot is null ? WithoutSlot : WithSlot;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[1..], _keyId);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[5..], (uint)(token.Expires.Value / UnixMicros.PerSecond));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[9..], (ushort)token.Rank);
        var length = HeadBytes;
        length += WriteDecision(bytes[length..], token.Decision);
        length += WriteText(bytes[length..], token.Item);
        if (token.Slot is { } slot)
        {
            length += WriteText(bytes[length..], slot);
        }

        Tag(bytes[..length], token.Tenant, bytes.Slice(length, TagBytes));
        return Base64Url.EncodeToString(bytes[..(length + TagBytes)]);
    }

    /// <summary>Reads and verifies a token.</summary>
    /// <param name="text">The token as it came.</param>
    /// <param name="tenant">The tenant on whose behalf it came.</param>
    /// <param name="now">For the expiry.</param>
    /// <param name="token">What it says, when the answer is <see cref="TokenFault.None"/>.</param>
    public TokenFault Verify(ReadOnlySpan<char> text, string tenant, UnixMicros now, out DeliveryToken? token)
    {
        token = null;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        if (text.Length > Base64Url.GetEncodedLength(MaxBytes) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length < HeadBytes + 2 + TagBytes || bytes[0] is not (WithoutSlot or WithSlot))
        {
            return TokenFault.Forged;
        }

        var signed = bytes[..(length - TagBytes)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(signed[1..]) != _keyId)
        {
            return TokenFault.Foreign;
        }

        Span<byte> expected = stackalloc byte[TagBytes];
        Tag(signed, tenant, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, bytes[(length - TagBytes)..length]))
        {
            return TokenFault.Forged;
        }

        token = Read(signed, tenant);
        return token is null ? TokenFault.Forged : now >= token.Expires ? TokenFault.Expired : TokenFault.None;
    }

    // Only ever reads what our own key signed, hence a null can only come from another layout under the same version.
    private static DeliveryToken? Read(ReadOnlySpan<byte> signed, string tenant)
    {
        var rest = signed[HeadBytes..];
        string? decision;
        if (rest[0] == 0 && rest.Length > 17)
        {
            decision = new Guid(rest.Slice(1, 16), bigEndian: true).ToString("D");
            rest = rest[17..];
        }
        else if (!ReadText(ref rest, out decision))
        {
            return null;
        }

        string? slot = null;
        return ReadText(ref rest, out var item) && (signed[0] == WithoutSlot || ReadText(ref rest, out slot)) && rest.IsEmpty
            ? new DeliveryToken(
                tenant,
                decision!,
                item!,
                BinaryPrimitives.ReadUInt16LittleEndian(signed[9..]),
                new UnixMicros(BinaryPrimitives.ReadUInt32LittleEndian(signed[5..]) * UnixMicros.PerSecond),
                slot)
            : null;
    }

    private static int WriteDecision(Span<byte> target, string decision)
    {
        // Only the canonical form may be packed: another spelling of the same UUID is another id.
        if (Guid.TryParseExact(decision, "D", out var id) && id.ToString("D") == decision)
        {
            target[0] = 0;
            id.TryWriteBytes(target[1..], bigEndian: true, out _);
            return 17;
        }

        return WriteText(target, decision);
    }

    private static int WriteText(Span<byte> target, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, target[1..]);
        target[0] = (byte)length;
        return length + 1;
    }

    private static bool ReadText(ref ReadOnlySpan<byte> rest, out string? text)
    {
        text = null;
        if (rest.IsEmpty || rest[0] == 0 || rest[0] > rest.Length - 1)
        {
            return false;
        }

        text = Encoding.UTF8.GetString(rest.Slice(1, rest[0]));
        rest = rest[(rest[0] + 1)..];
        return true;
    }

    private void Tag(ReadOnlySpan<byte> signed, string tenant, Span<byte> tag)
    {
        Span<byte> text = stackalloc byte[MaxBytes + 129];
        signed.CopyTo(text);
        var length = signed.Length + WriteText(text[signed.Length..], tenant);
        Span<byte> full = stackalloc byte[32];
        HMACSHA256.HashData(_key, text[..length], full);
        full[..TagBytes].CopyTo(tag);
    }
}
