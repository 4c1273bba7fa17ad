using System.Text;
using Millrace.Delivery.Http2;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>Keeps the fields of a header block as text.</summary>
internal readonly struct FieldCollector() : IFieldSink
{
    public List<(string Name, string Value)> Fields { get; } = [];

    public void Take(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Assert.Equal(FieldNames.Of(name), id);
        Fields.Add((Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(value)));
    }
}
