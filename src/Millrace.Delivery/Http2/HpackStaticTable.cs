using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>The static table (RFC 7541 Appendix A), and the way from a known field to its name there.</summary>
internal static class HpackStaticTable
{
    /// <summary>Indexes begin at one.</summary>
    public const int Count = 61;

    private const string Text =
        """
        :authority
        :method GET
        :method POST
        :path /
        :path /index.html
        :scheme http
        :scheme https
        :status 200
        :status 204
        :status 206
        :status 304
        :status 400
        :status 404
        :status 500
        accept-charset
        accept-encoding gzip, deflate
        accept-language
        accept-ranges
        accept
        access-control-allow-origin
        age
        allow
        authorization
        cache-control
        content-disposition
        content-encoding
        content-language
        content-length
        content-location
        content-range
        content-type
        cookie
        date
        etag
        expect
        expires
        from
        host
        if-match
        if-modified-since
        if-none-match
        if-range
        if-unmodified-since
        last-modified
        link
        location
        max-forwards
        proxy-authenticate
        proxy-authorization
        range
        referer
        refresh
        retry-after
        server
        set-cookie
        strict-transport-security
        transfer-encoding
        user-agent
        vary
        via
        www-authenticate
        """;

    private static readonly Entry[] Entries = [default, .. Text.Split('\n').Select(static line => line.Split(' ', 2)).Select(static parts => new Entry(
        FieldNames.Of(parts[0]), Encoding.ASCII.GetBytes(parts[0]), Encoding.ASCII.GetBytes(parts.ElementAtOrDefault(1) ?? "")))];

    private static readonly byte[] Names = [.. Enum.GetValues<FieldId>().Select(static id =>
        (byte)(id == FieldId.Other ? 0 : Math.Max(0, Array.FindIndex(Entries, entry => entry.Id == id))))];

    public static ReadOnlySpan<byte> Name(int index) => Entries[index].Name;

    public static ReadOnlySpan<byte> Value(int index) => Entries[index].Value;

    public static FieldId Id(int index) => Entries[index].Id;

    /// <summary>Where a known field's name stands; zero when it does not.</summary>
    public static int IndexOf(FieldId id) => Names[(int)id];

    private readonly record struct Entry(FieldId Id, byte[] Name, byte[] Value);
}
