using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Compression;

/// <summary>Gives each request the object in the coding that it likes best, of those that have been made.</summary>
internal sealed class Conversions(Converter converter, MemoryAccount account)
{
    /// <summary>
    /// The stored object, or another in a better coding, which the exchange holds. A range is one of the object as it is held: parts of two codings must
    /// not be joined.
    /// </summary>
    public CachedObject For(Exchange exchange, CachedObject stored)
    {
        var headers = exchange.Request.Headers;
        if (!stored.Head.IsConvertible || stored.Body.Slices is not null || !exchange.Route!.Compress || headers.Contains(FieldId.Range)
            || stored.Body.Conversions(stored.Head, converter.Options) is not { } slots || CompressionRules.SaysNoTransform(headers))
        {
            return stored;
        }

        var accepted = exchange.Codings ?? AcceptedCodings.Parse(headers);
        if (slots.Coding != ContentCoding.Identity)
        {
            // The origin chose a coding, and most read it: it stays for them. What a client cannot read is waited for.
            return accepted[slots.Coding] == 0 && converter.FindOrDecode(slots, stored.Body.Pieces) is { } plain
                ? Held(exchange, plain.Of(stored, ContentCoding.Identity, account))
                : stored;
        }

        // What only saves bytes is not waited for.
        var wanted = EncodingChoice.Choose(accepted);
        return wanted != ContentCoding.Identity && converter.FindOrOrder(slots, stored.Body.Pieces, wanted) is { } conversion
            ? Held(exchange, conversion.Of(stored, wanted, account))
            : stored;
    }

    /// <summary>Whether a body of this length as it is held, null while nobody knows, may be sent in another coding: if not, replies need not vary.</summary>
    public bool Covers(long? length) => length is not { } known || (known >= converter.Options.MinBytes && known <= converter.Options.MaxBytes);

    private static CachedObject Held(Exchange exchange, CachedObject converted)
    {
        exchange.Hold(converted);
        return converted;
    }
}
