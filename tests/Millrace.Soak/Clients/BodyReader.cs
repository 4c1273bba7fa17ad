using System.Globalization;
using System.IO.Compression;
using Millrace.Soak.Content;

namespace Millrace.Soak.Clients;

/// <summary>Checks a body as it comes against what the head says that it is.</summary>
internal sealed class BodyReader
{
    private readonly Asked _asked;
    private readonly Answer _answer;
    private readonly BodyText? _text;
    private readonly MemoryStream? _coded;
    private readonly long _offset;

    public BodyReader(Asked asked, Answer answer)
    {
        (_asked, _answer) = (asked, answer);
        if (asked.Method == "HEAD" || answer.Status is not (200 or 206) || VersionOf(answer) is not { } label)
        {
            return;
        }

        _text = asked.Object.Body(label.Variant, label.Version);
        _coded = answer["Content-Encoding"] is null ? null : new MemoryStream();
        _offset = answer.Status == 206 && RangeOf(answer) is { } range ? range.From : 0;
    }

    /// <summary>The head's X-Version, or, in a 304 that leaves it out, its tag: object, variant, version.</summary>
    public static (int Object, int Variant, long Version)? VersionOf(Answer answer) =>
        (answer["X-Version"]?.Split('.') ?? TagOf(answer)) is [var item, var variant, var version]
        && int.TryParse(item, out var o) && int.TryParse(variant, out var v) && long.TryParse(version, out var n) ? (o, v, n) : null;

    private static string[]? TagOf(Answer answer) =>
        answer["ETag"]?.Replace("W/", "", StringComparison.Ordinal).Trim('"').Split('-') is [var item, var version, var variant, ..] ? [item[1..], variant, version[1..]] : null;

    /// <summary>The head's Content-Range.</summary>
    public static (long From, long To, long Length)? RangeOf(Answer answer) =>
        answer["Content-Range"]?.Split(' ', '-', '/') is ["bytes", var from, var to, var length]
        && long.TryParse(from, out var f) && long.TryParse(to, out var t) && long.TryParse(length, out var l) ? (f, t, l) : null;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (_coded is not null)
        {
            _coded.Write(bytes);
        }
        else if (_text is { } text && _answer.BodyFault is null && text.FirstWrong(bytes, _offset + _answer.Bytes) is >= 0 and var wrong)
        {
            var at = _offset + _answer.Bytes + wrong;
            _answer.BodyFault = string.Create(CultureInfo.InvariantCulture, $"wrong byte at {at}: from there it is {text.WhoseAre(bytes[wrong..], at)}");
        }

        _answer.Bytes += bytes.Length;
    }

    /// <summary>The body came whole: judges its length, and what had to wait for its end.</summary>
    public void End()
    {
        _answer.IsWhole = true;
        if (_text is null || VersionOf(_answer) is not { } label)
        {
            return;
        }

        var length = _asked.Object.BytesOf(_asked.Object.IsOwn ? 0 : label.Version);
        var expected = _answer.Status == 206 && RangeOf(_answer) is { } range ? range.To - range.From + 1 : length;
        var got = _answer.Bytes;
        if (_coded is not null)
        {
            got = Decode();
        }

        if (got != expected && _answer.BodyFault is null)
        {
            _answer.BodyFault = $"{got} bytes where {expected} are the whole";
        }
    }

    private long Decode()
    {
        _coded!.Position = 0;
        using MemoryStream plain = new();
        try
        {
            using GZipStream gzip = new(_coded, CompressionMode.Decompress);
            gzip.CopyTo(plain);
        }
        catch (InvalidDataException broken)
        {
            _answer.BodyFault = $"gzip: {broken.Message}";
        }

        if (_text!.Value.FirstWrong(plain.GetBuffer().AsSpan(0, (int)plain.Length), 0) is >= 0 and var wrong)
        {
            _answer.BodyFault ??= $"wrong byte at {wrong} of the decoded: from there it is {_text.Value.WhoseAre(plain.GetBuffer().AsSpan(wrong), wrong)}";
        }

        return plain.Length;
    }
}
