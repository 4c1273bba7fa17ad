using System.Globalization;
using System.Text;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Origins;

/// <summary>What a fetch changes in the request as the origin would see it, and the mark by which loops are found.</summary>
internal static class OriginFields
{
    private static ReadOnlySpan<byte> InstanceParameter => "node="u8;

    /// <summary>What this node adds to CDN-Loop.</summary>
    public static string LoopId(string name, string? instance) => instance is null ? name : $"{name}; node={instance}";

    /// <summary>For a whole object that may be stored, validating <paramref name="stored"/> when there is one (RFC 9111 §4.3.1).</summary>
    public static HeaderList ForFetch(UpstreamRequest upstream, CachedObject? stored)
    {
        var headers = upstream.Headers.Clone();
        headers.RemoveWhere(static line => ConditionFields.Contains(line.Id));
        if (stored?.Head.ETag is { } tag)
        {
            headers.Add("If-None-Match", tag);
        }

        if (stored?.Head.LastModified is { } modified)
        {
            headers.Add("If-Modified-Since", modified);
        }

        return headers;
    }

    /// <summary>
    /// For one range of an object: of the representation that is <paramref name="held"/>, since If-Range spares the whole when it has changed (RFC 9110
    /// §13.1.5), or of any, validating what is <paramref name="stored"/> by the way: a condition that fails leaves the range in force (§13.2.2).
    /// </summary>
    public static HeaderList ForPart(UpstreamRequest upstream, ByteRange range, CachedObject? stored, HeaderList? held = null)
    {
        var headers = ForFetch(upstream, stored);
        headers.Add("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={range.First}-{range.End - 1}"));
        if (held is not null)
        {
            headers.Add(FieldId.IfRange, held.Contains(FieldId.ETag) ? held.First(FieldId.ETag) : held.First(FieldId.LastModified));
        }

        return headers;
    }

    /// <summary>
    /// Whether the client's own CDN-Loop (RFC 8586), however Connection lists it, names this node: its name with its instance, or its name with none, which
    /// may be anybody's.
    /// </summary>
    public static bool HasPassed(DeliveryRequest request, string name, string? instance)
    {
        foreach (var id in request.Headers.Members(FieldId.CdnLoop))
        {
            var semicolon = id.IndexOf((byte)';');
            if (Ascii.EqualsIgnoreCase(semicolon < 0 ? id : Syntax.TrimWhiteSpace(id[..semicolon]), name)
                && (instance is null || semicolon < 0 || InstanceOf(id[(semicolon + 1)..]) is not { Length: > 0 } other || Ascii.EqualsIgnoreCase(other, instance)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The value of the parameter that <see cref="LoopId"/> writes, or empty.</summary>
    private static ReadOnlySpan<byte> InstanceOf(ReadOnlySpan<byte> parameters)
    {
        foreach (var range in parameters.Split((byte)';'))
        {
            var parameter = Syntax.TrimWhiteSpace(parameters[range]);
            if (parameter.StartsWith(InstanceParameter))
            {
                return parameter[InstanceParameter.Length..];
            }
        }

        return default;
    }
}
