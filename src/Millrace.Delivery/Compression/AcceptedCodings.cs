using System.Runtime.CompilerServices;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Compression;

/// <summary>
/// What a request says of codings (Accept-Encoding, RFC 9110 §12.5.3): a weight for each, in thousandths, 0 for one that must not be sent. A member
/// with a malformed weight counts as refused: what is not understood is not relied on.
/// </summary>
internal readonly struct AcceptedCodings
{
    /// <summary>Below every weight that can be stated: accepted since nothing says otherwise.</summary>
    private const short Unstated = -1;

    private readonly Weights _weights;

    private AcceptedCodings(Weights weights) => _weights = weights;

    /// <summary>The weight; identity that nobody mentions is accepted, and comes after all that is asked for.</summary>
    public int this[ContentCoding coding] => _weights[(int)coding] switch
    {
        Unstated => coding == ContentCoding.Identity ? 1 : 0,
        0 => 0,
        // Room below one thousandth for identity unmentioned.
        var weight => weight + 1,
    };

    public static AcceptedCodings Parse(HeaderList request)
    {
        Weights weights = default;
        ((Span<short>)weights).Fill(Unstated);
        var others = Unstated;
        if (!request.Contains(FieldId.AcceptEncoding))
        {
            // All codings are acceptable then (§12.5.3), but a client that does not say so may not understand one.
            return new AcceptedCodings(weights);
        }

        foreach (var member in request.Members(FieldId.AcceptEncoding))
        {
            var semicolon = member.IndexOf((byte)';');
            var name = semicolon < 0 ? member : Syntax.TrimWhiteSpace(member[..semicolon]);
            var weight = (short)(semicolon < 0 ? Weight.Full : Math.Max(0, Weight.Thousandths(Syntax.TrimWhiteSpace(member[(semicolon + 1)..]))));
            if (name.SequenceEqual("*"u8))
            {
                others = weight;
            }
            else if (ContentCodings.Of(name) is { } coding)
            {
                // Named twice: what is refused once is refused.
                ref var known = ref weights[(int)coding];
                known = known == Unstated ? weight : Math.Min(known, weight);
            }
        }

        for (var i = 0; i < ContentCodings.Count; i++)
        {
            // "*" speaks of what is not named; for identity only "*;q=0" does.
            if (weights[i] == Unstated && others != Unstated && (i != (int)ContentCoding.Identity || others == 0))
            {
                weights[i] = others;
            }
        }

        return new AcceptedCodings(weights);
    }

    [InlineArray(ContentCodings.Count)]
    private struct Weights
    {
        private short _first;
    }
}
