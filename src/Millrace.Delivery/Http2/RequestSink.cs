using System.Buffers;
using System.Text;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>Makes a header block a request (RFC 9113 §8.3), and judges it by the rules of HTTP/1.1's.</summary>
/// <param name="request">An empty request; its authority becomes its one Host line.</param>
/// <param name="maxFields">The most fields that it may have.</param>
internal struct RequestSink(DeliveryRequest request, int maxFields) : IFieldSink
{
    private Seen _seen;
    private bool _isSchemeRight;
    private int _fields;
    private HeadFault _fault;

    [Flags]
    private enum Seen
    {
        None = 0,
        Method = 1,
        Scheme = 2,
        Path = 4,
        Authority = 8,
        Field = 16,
        Host = 32,
    }

    public void Take(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_fault != HeadFault.None)
        {
            return;
        }

        if (!name.IsEmpty && name[0] == ':')
        {
            _fault = TakePseudo(name, value);
            return;
        }

        _seen |= Seen.Field;
        _fault = _fields++ == maxFields ? HeadFault.TooManyFields : FieldRules.Judge(id, name, value);
        if (_fault == HeadFault.None)
        {
            if (id == FieldId.Host)
            {
                _fault = TakeHost(value);
            }
            else
            {
                request.Headers.Add(new FieldLine(id, name, value));
            }
        }
    }

    /// <summary>Judges the whole.</summary>
    /// <param name="ends">Whether no body follows.</param>
    /// <param name="framing">The body that its fields promise.</param>
    /// <param name="expectsContinue">Whether the client waits for 100.</param>
    public HeadFault Judge(bool ends, out BodyFraming framing, out bool expectsContinue)
    {
        framing = default;
        expectsContinue = false;
        if (_fault == HeadFault.None && (_seen & Seen.Method) != 0)
        {
            _fault = !Syntax.IsToken(request.MethodName) ? HeadFault.Method : RequestRules.JudgeMethod(request.MethodName);
        }

        if (_fault != HeadFault.None)
        {
            return _fault;
        }

        if ((_seen & (Seen.Method | Seen.Scheme | Seen.Path)) != (Seen.Method | Seen.Scheme | Seen.Path) || !_isSchemeRight
            || request.Target.IsEmpty || request.Target[0] != '/' || !RequestTarget.TryParse(request.Target, out var target))
        {
            return HeadFault.Target;
        }

        var headers = request.Headers;
        var fault = RequestRules.JudgeHost(headers, target, request.Scheme);
        fault = fault != HeadFault.None ? fault : BodyFraming.OfRequest(headers, minor: 1, out framing);
        fault = fault != HeadFault.None ? fault : RequestRules.JudgeExpectation(headers, out expectsContinue);
        if (fault == HeadFault.None && ends && framing.Kind == BodyKind.Length)
        {
            // §8.1.1
            return HeadFault.ContentLength;
        }

        JoinCookies(headers);
        return fault;
    }

    private HeadFault TakePseudo(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var which = name.SequenceEqual(":path"u8) ? Seen.Path
            : name.SequenceEqual(":method"u8) ? Seen.Method
            : name.SequenceEqual(":authority"u8) ? Seen.Authority
            : name.SequenceEqual(":scheme"u8) ? Seen.Scheme
            : Seen.None;
        if (which == Seen.None || (_seen & (which | Seen.Field)) != 0)
        {
            return HeadFault.FieldName;
        }

        _seen |= which;
        switch (which)
        {
            case Seen.Path:
                request.SetTarget(value);
                break;
            case Seen.Method:
                request.SetMethod(value);
                break;
            case Seen.Authority:
                SetHost(value);
                break;
            default:
                _isSchemeRight = Ascii.EqualsIgnoreCase(value, request.Scheme);
                break;
        }

        return HeadFault.None;
    }

    /// <summary>A Host says what :authority says, or stands in for it (§8.3.1).</summary>
    private HeadFault TakeHost(ReadOnlySpan<byte> value)
    {
        if ((_seen & Seen.Host) != 0 || ((_seen & Seen.Authority) != 0 && !Ascii.EqualsIgnoreCase(value, request.Authority)))
        {
            return HeadFault.Host;
        }

        if ((_seen & Seen.Authority) == 0)
        {
            SetHost(value);
        }

        _seen |= Seen.Host;
        return HeadFault.None;
    }

    private readonly void SetHost(ReadOnlySpan<byte> value)
    {
        // Bytes that no authority may have are refused behind this, and must not be written into a head before.
        request.SetAuthority(value);
        request.Headers.Add(FieldId.Host, Authority.IsValid(value) ? value : default);
    }

    /// <summary>Cookie crumbs are one field in HTTP/1.1 (§8.2.3).</summary>
    private static void JoinCookies(HeaderList headers)
    {
        if (headers.CountOf(FieldId.Cookie) < 2)
        {
            return;
        }

        var joined = ArrayPool<byte>.Shared.Rent(headers.Wire.Length);
        var length = 0;
        foreach (var line in headers)
        {
            if (line.Id == FieldId.Cookie)
            {
                if (length > 0)
                {
                    "; "u8.CopyTo(joined.AsSpan(length));
                    length += 2;
                }

                line.Value.CopyTo(joined.AsSpan(length));
                length += line.Value.Length;
            }
        }

        headers.Set(FieldId.Cookie, joined.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(joined);
    }
}
