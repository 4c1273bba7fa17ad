using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http1;

/// <summary>field-name ":" OWS field-value OWS (RFC 9112 §5).</summary>
internal static class FieldSyntax
{
    /// <summary>Splits a line without its line end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="trimsName">Whether whitespace before the colon is removed rather than refused.</param>
    /// <param name="name">A token.</param>
    /// <param name="value">Without whitespace around it and without control characters.</param>
    public static HeadFault Split(ReadOnlySpan<byte> line, bool trimsName, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            return HeadFault.FieldName;
        }

        // A folded line (RFC 9112 §5.2) begins with whitespace, which is no token.
        name = trimsName ? line[..colon].TrimEnd(" \t"u8) : line[..colon];
        if (!Syntax.IsToken(name))
        {
            return HeadFault.FieldName;
        }

        value = Syntax.TrimWhiteSpace(line[(colon + 1)..]);
        return Syntax.IsFieldValue(value) ? HeadFault.None : HeadFault.FieldValue;
    }
}
