namespace Millrace.Delivery.Compression;

/// <summary>The content codings that can be served and made (RFC 9110 §8.4.1, RFC 7932, RFC 8878), those that make the least of a text first.</summary>
internal enum ContentCoding : byte
{
    Brotli,
    Zstd,
    Gzip,
    Identity,
}

/// <summary>The codings' names.</summary>
internal static class ContentCodings
{
    public const int Count = 4;

    public static ReadOnlySpan<byte> Wire(this ContentCoding coding) => coding switch
    {
        ContentCoding.Brotli => "br"u8,
        ContentCoding.Zstd => "zstd"u8,
        ContentCoding.Gzip => "gzip"u8,
        _ => "identity"u8,
    };

    /// <summary>The coding of that name, or null for one that is not understood.</summary>
    public static ContentCoding? Of(ReadOnlySpan<byte> name) =>
        System.Text.Ascii.EqualsIgnoreCase(name, "gzip"u8) || System.Text.Ascii.EqualsIgnoreCase(name, "x-gzip"u8) ? ContentCoding.Gzip
        : System.Text.Ascii.EqualsIgnoreCase(name, "br"u8) ? ContentCoding.Brotli
        : System.Text.Ascii.EqualsIgnoreCase(name, "zstd"u8) ? ContentCoding.Zstd
        : System.Text.Ascii.EqualsIgnoreCase(name, "identity"u8) ? ContentCoding.Identity
        : null;
}
