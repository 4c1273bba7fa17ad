using System.Buffers;
using System.Text;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>What a field must be in HTTP/2 (RFC 9113 §8.2), stricter than the RFC where an origin behind HTTP/1.1 might understand it otherwise.</summary>
internal static class FieldRules
{
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Judges a field that is no pseudo-header.</summary>
    public static HeadFault Judge(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty || name.IndexOfAnyExcept(NameBytes) >= 0)
        {
            return HeadFault.FieldName;
        }

        if (!Syntax.IsFieldValue(value) || (!value.IsEmpty && (IsWhiteSpace(value[0]) || IsWhiteSpace(value[^1]))))
        {
            return HeadFault.FieldValue;
        }

        // §8.2.2: no fields of a connection, and TE with trailers alone.
        return id switch
        {
            FieldId.Connection or FieldId.KeepAlive or FieldId.ProxyConnection or FieldId.TransferEncoding or FieldId.Upgrade => HeadFault.Connection,
            FieldId.TE when !Ascii.EqualsIgnoreCase(value, "trailers"u8) => HeadFault.Connection,
            _ => HeadFault.None,
        };
    }

    private static bool IsWhiteSpace(byte one) => one is (byte)' ' or (byte)'\t';
}
