using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Compression;

/// <summary>An object in another coding, kept beside the body that it is made of.</summary>
internal sealed class Conversion(ReadOnlyMemory<byte>[] pieces)
{
    /// <summary>Stands where one is being made, and where none can be: it came out no shorter, or the body is broken.</summary>
    public static readonly Conversion None = new([]);

    private readonly ObjectBody _body = ObjectBody.Of(pieces);
    private volatile Made? _made;

    public long Length => _body.Length!.Value;

    /// <summary>Whether it was asked for since its keeper last looked.</summary>
    public bool Asked { get; set; }

    /// <summary>The object in that coding, with the fields of the original as it is now: its head may have been refreshed since.</summary>
    public CachedObject Of(CachedObject original, ContentCoding coding, MemoryAccount account)
    {
        var head = original.Head;
        if (_made is { } made && ReferenceEquals(made.Source, head))
        {
            return made.Object;
        }

        var fields = head.Headers.Clone();
        CompressionRules.Convert(fields, coding);
        var converted = _made is { } earlier ? new CachedObject(head with { Headers = fields }, earlier.Object) : new CachedObject(head with { Headers = fields }, _body, account);
        _made = new Made(head, converted);
        return converted;
    }

    private sealed record Made(ResponseHead Source, CachedObject Object);
}
