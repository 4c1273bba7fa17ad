using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>Judges trailers and drops them: no origin is promised them.</summary>
internal struct TrailerSink : IFieldSink
{
    public HeadFault Fault { get; private set; }

    public void Take(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Fault == HeadFault.None)
        {
            // A pseudo-header's name is no token (§8.1: there are none in trailers).
            Fault = FieldRules.Judge(id, name, value);
        }
    }
}
