using System.Buffers.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Origins;

/// <summary>Writes a request's head as HTTP/1.1 sends it.</summary>
internal static class RequestHead
{
    /// <summary>Room for what is written beside line and fields: version, Host, a length, a hop's own lines.</summary>
    private const int Slack = 128;

    /// <summary>Writes it.</summary>
    /// <param name="buffer">Grows as needed.</param>
    /// <param name="prefix">What the server's path puts before every target.</param>
    /// <param name="request">Method, target and authority.</param>
    /// <param name="headers">The fields. Host and the framing are not taken from them: they are the request's and the body's.</param>
    /// <param name="framing">How the body will end.</param>
    /// <param name="length">The body's length, if framed so.</param>
    /// <param name="extra">Further whole lines, for this hop alone.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="OriginException">The request line would not be one.</exception>
    public static int Write(ref byte[] buffer, ReadOnlySpan<byte> prefix, UpstreamRequest request, HeaderList headers, BodyForm framing, long length, ReadOnlySpan<byte> extra)
    {
        var bound = request.MethodName.Length + prefix.Length + request.Target.Length + request.Authority.Length + headers.Wire.Length + extra.Length + Slack;
        if (buffer.Length < bound)
        {
            buffer = new byte[Math.Max(bound, 2048)];
        }

        // The guard has seen to it; a line that could be read as two must not depend on that alone.
        if (!Syntax.IsToken(request.MethodName) || request.Target.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e) || request.Authority.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e))
        {
            throw new ArgumentException("not a request line", nameof(request));
        }

        HeadWriter writer = new(buffer);
        writer.Add(request.MethodName);
        writer.Add(" "u8);
        writer.Add(prefix);
        writer.Add(request.Target);
        writer.Add(" HTTP/1.1\r\nHost: "u8);
        writer.Add(request.Authority);
        writer.Add("\r\n"u8);
        AddFields(ref writer, headers);
        writer.Add(extra);
        if (framing == BodyForm.Length)
        {
            writer.Add("Content-Length: "u8);
            writer.Add(length);
            writer.Add("\r\n"u8);
        }
        else if (framing == BodyForm.Chunked)
        {
            writer.Add("Transfer-Encoding: chunked\r\n"u8);
        }

        writer.Add("\r\n"u8);
        return writer.Length;
    }

    private static void AddFields(ref HeadWriter writer, HeaderList headers)
    {
        if (!headers.Contains(FieldId.Host) && !headers.Contains(FieldId.ContentLength) && !headers.Contains(FieldId.TransferEncoding))
        {
            writer.Add(headers.Wire);
            return;
        }

        foreach (var line in headers)
        {
            if (line.Id is not (FieldId.Host or FieldId.ContentLength or FieldId.TransferEncoding))
            {
                writer.Add(line.Name);
                writer.Add(": "u8);
                writer.Add(line.Value);
                writer.Add("\r\n"u8);
            }
        }
    }

    private ref struct HeadWriter(Span<byte> into)
    {
        private readonly Span<byte> _into = into;

        public int Length { get; private set; }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_into[Length..]);
            Length += bytes.Length;
        }

        public void Add(long number)
        {
            Utf8Formatter.TryFormat(number, _into[Length..], out var written);
            Length += written;
        }
    }
}

/// <summary>How the end of a request's body is told.</summary>
internal enum BodyForm
{
    /// <summary>There is none, and nothing says so.</summary>
    None,

    Length,

    Chunked,
}
