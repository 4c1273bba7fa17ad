using System.Globalization;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http1;

/// <summary>What a chunked body goes on with.</summary>
internal enum ChunkedProgress
{
    /// <summary>More bytes are needed; those not consumed must be given again.</summary>
    Incomplete,

    /// <summary>The next <see cref="ChunkedDecoder.DataLeft"/> bytes are data.</summary>
    Data,

    /// <summary>The body has ended, its trailers read.</summary>
    Complete,

    Refused,
}

/// <summary>
/// Reads the framing of a chunked body (RFC 9112 §7.1) and leaves its data where it is. Stricter than the RFC: no whitespace beside a size, no bare LF, no
/// bare CR in an extension, extensions bounded over the whole body.
/// </summary>
internal struct ChunkedDecoder(HeadLimits trailerLimits)
{
    /// <summary>The longest size line: sixteen digits and the odd signature fit.</summary>
    private const int MaxLineBytes = 1024;

    /// <summary>Extensions are ignored, hence free to send: a body of one-byte chunks must not carry a thousand times its size beside them.</summary>
    private const int MaxExtensionBytes = 16 * 1024;

    private HeadParser<NoStartLine> _trailers = new(trailerLimits);
    private Place _place;
    private int _extensionBytes;

    private enum Place
    {
        Size,
        Data,
        DataEnd,
        Trailers,
        End,
        Refused,
    }

    /// <summary>Bytes of the chunk in hand that were not taken yet.</summary>
    public long DataLeft { get; private set; }

    /// <summary>Says that the caller has taken <paramref name="count"/> bytes of data.</summary>
    public void Take(long count)
    {
        DataLeft -= count;
        if (DataLeft == 0)
        {
            _place = Place.DataEnd;
        }
    }

    /// <summary>Reads framing up to the next data.</summary>
    /// <param name="input">The bytes after those consumed.</param>
    /// <param name="trailers">Takes trailers.</param>
    /// <param name="consumed">How many bytes of <paramref name="input"/> were framing.</param>
    public ChunkedProgress Next(ReadOnlySpan<byte> input, HeaderList trailers, out int consumed)
    {
        consumed = 0;
        while (true)
        {
            var rest = input[consumed..];
            switch (_place)
            {
                case Place.Data:
                    return ChunkedProgress.Data;
                case Place.End:
                    return ChunkedProgress.Complete;
                case Place.Refused:
                    return ChunkedProgress.Refused;
                case Place.Trailers:
                    switch (_trailers.Read(rest, trailers))
                    {
                        case HeadProgress.Incomplete:
                            return ChunkedProgress.Incomplete;
                        case HeadProgress.Complete:
                            (consumed, _place) = (consumed + _trailers.Length, Place.End);
                            break;
                        default:
                            _place = Place.Refused;
                            break;
                    }

                    break;
                case Place.DataEnd:
                    if (rest.Length < 2 && "\r\n"u8.StartsWith(rest))
                    {
                        return ChunkedProgress.Incomplete;
                    }

                    _place = rest.StartsWith("\r\n"u8) ? Place.Size : Place.Refused;
                    consumed += _place == Place.Size ? 2 : 0;
                    break;
                default:
                    var feed = rest[..Math.Min(rest.Length, MaxLineBytes)].IndexOf((byte)'\n');
                    if (feed < 0 && rest.Length < MaxLineBytes)
                    {
                        return ChunkedProgress.Incomplete;
                    }

                    _place = feed >= 1 && rest[feed - 1] == '\r' ? ReadSize(rest[..(feed - 1)]) : Place.Refused;
                    consumed += _place == Place.Refused ? 0 : feed + 1;
                    break;
            }
        }
    }

    private Place ReadSize(ReadOnlySpan<byte> line)
    {
        var digits = line.IndexOfAnyExcept(HexDigits);
        digits = digits < 0 ? line.Length : digits;
        if (!long.TryParse(line[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) || size < 0)
        {
            return Place.Refused;
        }

        var extension = line[digits..];
        _extensionBytes += extension.Length;
        if (_extensionBytes > MaxExtensionBytes || (!extension.IsEmpty && (extension[0] != ';' || !Syntax.IsFieldValue(extension))))
        {
            return Place.Refused;
        }

        DataLeft = size;
        return size == 0 ? Place.Trailers : Place.Data;
    }

    private static readonly System.Buffers.SearchValues<byte> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF"u8);
}
