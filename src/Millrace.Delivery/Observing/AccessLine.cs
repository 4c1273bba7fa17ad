using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Millrace.Delivery.Replies;

namespace Millrace.Delivery.Observing;

/// <summary>One request as a line of JSON. Texts of clients are escaped, so that none can forge a line.</summary>
internal static class AccessLine
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _room;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>The line with its line feed; it stands until the thread writes the next.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="record">What became of it.</param>
    /// <param name="options">What is written of the client.</param>
    /// <param name="query">Writes targets with their queries; null to leave queries out.</param>
    /// <param name="now">The time.</param>
    public static ReadOnlySpan<byte> Write(Exchange exchange, in DeliveryRecord record, AccessLogOptions options, QueryRedaction? query, DateTimeOffset now)
    {
        var room = _room ??= new ArrayBufferWriter<byte>(1024);
        room.ResetWrittenCount();
        var json = _writer ??= new Utf8JsonWriter(room);
        json.Reset(room);
        var request = exchange.Request;
        json.WriteStartObject();
        json.WriteString("time", now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        json.WriteString("route", record.Route);
        json.WriteString("method", Text(request.MethodName));
        json.WriteString("host", Text(request.Authority));
        json.WriteString("path", query is null ? Text(request.Path) : query.Of(request.Target, exchange.Route?.TagParameter));
        json.WriteNumber("status", record.Status);
        json.WriteString("outcome", record.Outcome.Wire());
        json.WriteString("reason", record.Reason.Wire());
        json.WriteNumber("bytes", record.BodyBytes);
        json.WriteBoolean("complete", record.Complete);
        json.WriteNumber("ttfbMs", Math.Round(record.TimeToFirstByte.TotalMilliseconds, 3));
        json.WriteNumber("tookMs", Math.Round(exchange.Took.TotalMilliseconds, 3));
        if (exchange.Verdict.TimeToLive is { } ttl)
        {
            json.WriteNumber("ttl", ttl);
        }

        json.WriteString("key", record.KeyHash.ToString("x16", CultureInfo.InvariantCulture));
        if (Client(request.Client, options.Client) is { } client)
        {
            json.WriteString("client", client);
        }

        json.WriteEndObject();
        json.Flush();
        room.Write("\n"u8);
        return room.WrittenSpan;
    }

    /// <summary>So much of an address as may be written, or null.</summary>
    internal static string? Client(string? address, ClientForm form)
    {
        if (form == ClientForm.None || !IPAddress.TryParse(address, out var ip))
        {
            return null;
        }

        ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        if (form == ClientForm.Full)
        {
            return ip.ToString();
        }

        var (bytes, kept) = (ip.GetAddressBytes(), ip.AddressFamily == AddressFamily.InterNetwork ? 3 : 6);
        bytes.AsSpan(kept).Clear();
        return $"{new IPAddress(bytes)}/{kept * 8}";
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
