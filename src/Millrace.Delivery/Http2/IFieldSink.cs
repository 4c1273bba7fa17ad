using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>Takes the fields of a header block one by one.</summary>
internal interface IFieldSink
{
    /// <summary>Takes one; the bytes are valid during the call alone.</summary>
    void Take(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}
