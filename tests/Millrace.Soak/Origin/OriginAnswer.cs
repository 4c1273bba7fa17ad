using System.Globalization;
using System.IO.Compression;
using System.Text;
using Millrace.Soak.Content;

namespace Millrace.Soak.Origin;

/// <summary>One answer: its head, and the body as bytes in hand or as a part of the object's text.</summary>
internal sealed class OriginAnswer
{
    private readonly StringBuilder _head = new();
    private readonly byte[]? _coded;
    private readonly BodyText _text;

    public OriginAnswer(RunClock clock, SoakOptions options, OriginRequest request, OriginRecord record, long serial)
    {
        var item = record.Object;
        var variant = record.Variant;
        var version = item.IsOwn ? serial : record.Version;
        var planted = serial % 40 == 0 ? options.Plant : "";
        var since = clock.AtUtc(item.IsOwn ? record.Arrived : item.Since(version));
        var tag = $"\"o{item.Id}-v{version}-{variant}\"";
        var modified = since.ToString("R", CultureInfo.InvariantCulture);
        var length = item.BytesOf(item.IsOwn ? 0 : version);
        _text = planted switch
        {
            "swap" => BodyText.Of(item.Id + 1, variant, version, item.Hex),
            "old" when version > 0 => item.Body(variant, version - 1),
            _ => item.Body(variant, version),
        };
        var isCoded = item.Kind == ContentKind.Coded && request.TakesGzip;
        tag = isCoded ? tag.Insert(tag.Length - 1, "-gz") : tag;
        var unchanged = !item.IsOwn && (request["if-none-match"] is { } held ? item.Validator != 0 && held.Contains(tag, StringComparison.Ordinal)
            : item.Validator != 1 && request["if-modified-since"] == modified);
        var range = isCoded || item.IsOwn || (request["if-range"] is { } same && same != (item.Validator == 0 ? modified : tag)) ? null : request.RangeOf(length);

        Status = record.Fault == OriginFaultKind.Status ? (serial % 4) switch { 0 => 500, 1 => 502, 2 => 503, _ => 504 } : unchanged ? 304 : range is null ? 200 : 206;
        _head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {Status} Said\r\nDate: {clock.AtUtc(record.Arrived):R}\r\nX-Serial: {serial}\r\n");
        if (Status >= 500)
        {
            (Offset, Length) = (0, 0);
            _head.Append("Content-Length: 0\r\n\r\n");
            return;
        }

        if (isCoded && Status == 200)
        {
            _coded = Gzip(length);
        }

        (Offset, Length) = Status == 304 ? (0, 0) : range is { } part ? (part.From, part.To - part.From + 1) : (0, _coded?.Length ?? length);
        var control = planted == "leak" || (options.Plant == "leak" && item.IsOwn) ? "max-age=60" : options.Plant == "stale" ? "max-age=600" : item.CacheControl;
        _head.Append(CultureInfo.InvariantCulture, $"Cache-Control: {control}\r\nX-Version: {item.Id}.{variant}.{version}\r\nSurrogate-Key: {item.SurrogateKeys}\r\n");
        _head.Append(item.Validator != 0 ? $"ETag: {tag}\r\n" : "").Append(item.Validator != 1 ? $"Last-Modified: {modified}\r\n" : "");
        _head.Append(item.Kind switch { ContentKind.Language => "Vary: Accept-Language\r\n", ContentKind.Coded => "Vary: Accept-Encoding\r\n", _ => "" });
        _head.Append(item.Kind == ContentKind.Cookie && options.Plant != "leak" ? $"Set-Cookie: s={serial}\r\n" : "");
        _head.Append(isCoded ? "Content-Encoding: gzip\r\n" : "");
        if (Status != 304)
        {
            _head.Append(item.Hex ? "Content-Type: text/plain\r\n" : "Content-Type: application/octet-stream\r\n");
            _head.Append(range is { } one ? string.Create(CultureInfo.InvariantCulture, $"Content-Range: bytes {one.From}-{one.To}/{length}\r\n") : "");
            _head.Append(record.Fault == OriginFaultKind.BadChunk ? "Transfer-Encoding: chunked\r\n" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Length}\r\n"));
        }

        _head.Append("\r\n");
    }

    public int Status { get; }

    public long Length { get; }

    public byte[] Head => Encoding.Latin1.GetBytes($"{_head}");

    private long Offset { get; }

    /// <summary>Writes the body's bytes from <paramref name="at"/> on.</summary>
    public void Fill(Span<byte> into, long at)
    {
        if (_coded is not null)
        {
            _coded.AsSpan((int)at, into.Length).CopyTo(into);
        }
        else
        {
            _text.Fill(into, Offset + at);
        }
    }

    private byte[] Gzip(long length)
    {
        var plain = new byte[length];
        _text.Fill(plain, 0);
        using MemoryStream coded = new();
        using (GZipStream gzip = new(coded, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return coded.ToArray();
    }
}
