namespace Millrace.Delivery.Compression;

/// <summary>Why an object is served in the coding in which it is held, and no other.</summary>
internal enum CompressionReason
{
    /// <summary>It may be converted.</summary>
    None,

    /// <summary>Its status is not 200, so it is a part or no representation.</summary>
    Status,

    /// <summary>The response or the request says no-transform (RFC 9111 §5.2.1.6, §5.2.2.6).</summary>
    NoTransform,

    /// <summary>It is in a coding that is not understood, or in several.</summary>
    Coding,

    /// <summary>It bears a digest of the bytes as they are (RFC 9530, Content-MD5).</summary>
    Digest,

    /// <summary>Its media type is compressed already, or is sent as it comes to be.</summary>
    MediaType,

    /// <summary>It is shorter than MinBytes or longer than MaxBytes.</summary>
    Length,
}
