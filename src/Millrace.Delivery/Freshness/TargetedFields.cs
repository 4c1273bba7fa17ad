using System.Collections.Immutable;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Freshness;

/// <summary>
/// Fields that speak to caches of our kind in place of Cache-Control and Expires: CDN-Cache-Control (RFC 9213), then Surrogate-Control (Edge
/// Architecture Specification, W3C Note 2001), which many origins still send. The first that is there, well formed and not empty counts. Both travel
/// on, since the next cache may be of the same kind.
/// </summary>
internal static class TargetedFields
{
    private const string SurrogateControlName = "Surrogate-Control";

    /// <summary>The name that Surrogate-Control's targets call us by, told to origins in Surrogate-Capability.</summary>
    public const string SurrogateTarget = "millrace";

    /// <summary>The fields that count unless a route says otherwise.</summary>
    public static ImmutableArray<string> Usual { get; } = ["CDN-Cache-Control", SurrogateControlName];

    /// <summary>The directives of the field that counts, or null when there is none.</summary>
    /// <param name="headers">The response's fields.</param>
    /// <param name="names">The fields that may count, the first that is there. All but Surrogate-Control have the form of RFC 9213.</param>
    public static ResponseDirectives? Parse(HeaderList headers, ImmutableArray<string> names)
    {
        foreach (var name in names)
        {
            if (headers.Contains(name) && (name.Equals(SurrogateControlName, StringComparison.OrdinalIgnoreCase) ? SurrogateControl(headers) : Structured(headers.Combined(name)!)) is { } directives)
            {
                return directives;
            }
        }

        return null;
    }

    /// <summary>A dictionary (RFC 9213 §2.1): a fault of syntax, or a directive of the wrong type, and the whole field is as if it were not there.</summary>
    private static ResponseDirectives? Structured(string value)
    {
        var parsed = new ResponseDirectives { Targeted = true };
        var members = new StructuredDictionary(Encoding.Latin1.GetBytes(value));
        var any = false;
        while (members.MoveNext())
        {
            any = true;
            if (!HasType(members.Key, members.Kind))
            {
                return null;
            }

            if (members.Kind != StructuredKind.False)
            {
                parsed = parsed.And(new Directive(members.Key, members.Kind != StructuredKind.True, members.Value));
            }
        }

        return any && !members.IsFaulty ? parsed : null;
    }

    private static bool HasType(ReadOnlySpan<byte> directive, StructuredKind kind) =>
        directive.SequenceEqual("max-age"u8) || directive.SequenceEqual("s-maxage"u8) || directive.SequenceEqual("stale-while-revalidate"u8) || directive.SequenceEqual("stale-if-error"u8)
            ? kind == StructuredKind.Integer
            : directive.SequenceEqual("no-cache"u8) || directive.SequenceEqual("private"u8)
                ? kind is StructuredKind.True or StructuredKind.False or StructuredKind.Text
                : !IsFlag(directive) || kind is StructuredKind.True or StructuredKind.False;

    private static bool IsFlag(ReadOnlySpan<byte> directive) => directive.SequenceEqual("no-store"u8) || directive.SequenceEqual("public"u8)
        || directive.SequenceEqual("must-revalidate"u8) || directive.SequenceEqual("proxy-revalidate"u8) || directive.SequenceEqual("must-understand"u8)
        || directive.SequenceEqual("no-transform"u8);

    /// <summary>Cache-Control's own form, but a member may end in <c>;target</c>, and is then for that surrogate alone.</summary>
    private static ResponseDirectives? SurrogateControl(HeaderList headers)
    {
        var parsed = new ResponseDirectives { Targeted = true };
        var any = false;
        foreach (var member in headers.Members(FieldId.SurrogateControl))
        {
            var semicolon = member.IndexOf((byte)';');
            if (semicolon < 0 || Ascii.EqualsIgnoreCase(Syntax.TrimWhiteSpace(member[(semicolon + 1)..]), SurrogateTarget))
            {
                any = true;
                parsed = parsed.And(Directive.Parse(semicolon < 0 ? member : Syntax.TrimWhiteSpace(member[..semicolon])));
            }
        }

        return any ? parsed : null;
    }
}
