using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http1;

/// <summary>
/// Reads one head of HTTP/1.1, line by line, in whatever pieces it comes; the same for requests, responses and trailers. It is stricter than RFC 9112
/// asks: what two recipients might understand in two ways is refused, never repaired.
/// </summary>
/// <typeparam name="TLine">The start line.</typeparam>
internal struct HeadParser<TLine>(HeadLimits limits)
    where TLine : struct, IStartLine<TLine>
{
    private int _searched;
    private int _fields;
    private bool _begun = !TLine.Exists;
    private bool _skippedEmptyLine;

    public TLine StartLine { get; private set; }

    public HeadFault Fault { get; private set; }

    /// <summary>Bytes of the lines read so far; of the whole head once it is complete.</summary>
    public int Length { get; private set; }

    /// <summary>Reads on.</summary>
    /// <param name="message">Everything since the head began: what an earlier call saw, and more.</param>
    /// <param name="fields">Takes the field lines, each as soon as it is whole.</param>
    public HeadProgress Read(ReadOnlySpan<byte> message, HeaderList fields)
    {
        while (Fault == HeadFault.None)
        {
            var feed = message[_searched..].IndexOf((byte)'\n');
            var end = feed < 0 ? message.Length : _searched + feed + 1;
            if (end > limits.Bytes)
            {
                return Refuse(_begun ? HeadFault.HeadTooLarge : HeadFault.StartLineTooLong);
            }

            _searched = end;
            if (feed < 0)
            {
                return HeadProgress.Incomplete;
            }

            var line = message[Length..end];
            if (line.Length < 2 || line[^2] != '\r')
            {
                return Refuse(HeadFault.BareLineFeed);
            }

            var offset = Length;
            Length = end;
            if (line.Length == 2 && _begun)
            {
                return HeadProgress.Complete;
            }

            Fault = _begun ? ReadField(line[..^2], fields) : ReadStart(line[..^2], offset);
        }

        return HeadProgress.Refused;
    }

    private HeadFault ReadStart(ReadOnlySpan<byte> line, int offset)
    {
        if (line.IsEmpty && TLine.MayFollowEmptyLine && !_skippedEmptyLine)
        {
            _skippedEmptyLine = true;
            return HeadFault.None;
        }

        var fault = TLine.Parse(line, offset, out var parsed);
        StartLine = parsed;
        _begun = true;
        return fault;
    }

    private HeadFault ReadField(ReadOnlySpan<byte> line, HeaderList fields)
    {
        if (_fields++ == limits.Fields)
        {
            return HeadFault.TooManyFields;
        }

        var fault = FieldSyntax.Split(line, TLine.TrimsNames, out var name, out var value);
        if (fault == HeadFault.None)
        {
            fields.Add(name, value);
        }

        return fault;
    }

    private HeadProgress Refuse(HeadFault fault)
    {
        Fault = fault;
        return HeadProgress.Refused;
    }
}
