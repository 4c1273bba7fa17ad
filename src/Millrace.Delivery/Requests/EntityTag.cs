namespace Millrace.Delivery.Requests;

/// <summary>Entity tags as bytes (RFC 9110 §8.8.3). A tag without quotes, which some origins send, is compared as it stands.</summary>
internal static class EntityTag
{
    public static bool IsWeak(ReadOnlySpan<byte> tag) => tag.StartsWith("W/"u8);

    /// <summary>Whether both are strong and the same (§8.8.3.2).</summary>
    public static bool MatchStrongly(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> other) => !IsWeak(tag) && tag.Length > 0 && tag.SequenceEqual(other);

    /// <summary>Whether both are the same, weak or strong (§8.8.3.2).</summary>
    public static bool MatchWeakly(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> other) => tag.Length > 0 && Opaque(tag).SequenceEqual(Opaque(other));

    private static ReadOnlySpan<byte> Opaque(ReadOnlySpan<byte> tag) => IsWeak(tag) ? tag[2..] : tag;
}
