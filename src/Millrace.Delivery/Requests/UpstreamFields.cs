using System.Buffers;
using System.Text;

namespace Millrace.Delivery.Requests;

/// <summary>
/// A client's fields as an origin would see them. <see cref="Strip"/> takes out, in place, what concerns our connection or would override the key; what a
/// proxy adds is computed a field at a time, so that a hit needs no second list.
/// </summary>
/// <param name="request">The client's request.</param>
/// <param name="name">This cache's name.</param>
/// <param name="loop">What it is known by in CDN-Loop, if not by its name.</param>
internal sealed class UpstreamFields(DeliveryRequest request, string name, string? loop = null)
{
    /// <summary>What lists of addresses are made of, with ports, brackets, and "unknown".</summary>
    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF.:[], unkow");

    private static readonly FieldId[] Ours = [FieldId.Via, FieldId.CdnLoop, FieldId.XForwardedFor, FieldId.XForwardedProto, FieldId.XForwardedHost];

    private readonly HeaderList _added = new(2);

    /// <summary>Takes hop-by-hop and overriding fields out of the client's request; nothing that decides sees them.</summary>
    public static void Strip(DeliveryRequest request)
    {
        // What Connection lists is asked of a copy: removing moves the lines, those of Connection too.
        var listed = HopByHop.ListsFields(request.Headers) ? request.Headers.Clone() : null;
        request.Headers.RemoveWhere(
            (request, listed), static (line, of) => line.Id == FieldId.Expect || HopByHop.IsFixed(line.Id)
                || (of.listed is not null && HopByHop.Concerns(line, of.listed)) || OverrideFields.Contains(line, of.request.Method));
    }

    /// <summary>A list that has the upstream lines of one field; of others it may say anything.</summary>
    public HeaderList With(FieldId id)
    {
        if (!IsOurs(id))
        {
            return request.Headers;
        }

        _added.Clear();
        Add(id, _added);
        return _added;
    }

    /// <summary>All fields, in a list of its own.</summary>
    public HeaderList Build()
    {
        HeaderList headers = new(request.Headers.Count + Ours.Length + 1);
        foreach (var line in request.Headers)
        {
            if (!IsOurs(line.Id))
            {
                headers.Add(line);
            }
        }

        foreach (var id in Ours)
        {
            Add(id, headers);
        }

        // Some origins speak to surrogates, and by these names alone (TargetedFields).
        headers.Add("Surrogate-Capability", $"{Freshness.TargetedFields.SurrogateTarget}=\"Surrogate/1.0\"");
        return headers;
    }

    private static bool IsOurs(FieldId id) => id is FieldId.Via or FieldId.CdnLoop or FieldId.XForwardedFor or FieldId.XForwardedProto or FieldId.XForwardedHost;

    private void Add(FieldId id, HeaderList into)
    {
        switch (id)
        {
            case FieldId.Via:
                Copy(id, into);
                into.Add("Via", $"{Encoding.Latin1.GetString(request.Protocol.Wire())} {name}");
                break;
            case FieldId.CdnLoop:
                Copy(id, into);
                into.Add("CDN-Loop", loop ?? name);
                break;
            case FieldId.XForwardedFor:
                var before = request.Headers.Combined("X-Forwarded-For");
                string[] addresses = [.. before is not null && IsAddresses(before) ? [before] : Array.Empty<string>(), .. request.Client is { } client ? [client] : Array.Empty<string>()];
                if (addresses.Length > 0)
                {
                    into.Add("X-Forwarded-For", string.Join(", ", addresses));
                }

                break;
            case FieldId.XForwardedProto:
                into.Add(id, request.Scheme);
                break;
            default:
                into.Add(id, request.Authority);
                break;
        }
    }

    /// <summary>Whether a client's X-Forwarded-For is what it should be. Anything else could be planted in a page of an origin that shows it.</summary>
    private static bool IsAddresses(string value) => !value.AsSpan().ContainsAnyExcept(AddressCharacters);

    private void Copy(FieldId id, HeaderList into)
    {
        foreach (var line in request.Headers)
        {
            if (line.Id == id)
            {
                into.Add(line);
            }
        }
    }
}
