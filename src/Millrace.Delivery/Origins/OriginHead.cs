using System.Runtime.CompilerServices;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Origins;

/// <summary>A final response's head.</summary>
/// <param name="Status">200 to 999.</param>
/// <param name="Headers">Its end-to-end fields, as they came.</param>
/// <param name="Framing">How its body ends.</param>
/// <param name="MayPersist">Whether the connection may serve another request, for all that the head says (RFC 9112 §9.3).</param>
/// <param name="Tier">What it said as a node of this product, if it is one.</param>
internal readonly record struct OriginHead(int Status, HeaderList Headers, BodyFraming Framing, bool MayPersist, TierReply Tier)
{
    /// <summary>Reads interim responses and the final one.</summary>
    /// <param name="connection">Where from; all of it by <see cref="OriginConnection.HeadBy"/>.</param>
    /// <param name="toHead">Whether it answers HEAD.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="interim">Told of 1xx but 100, or null.</param>
    /// <param name="cancellationToken">Ends the connection.</param>
    /// <exception cref="OriginException">No whole and well-formed head came.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<OriginHead> ReadAsync(
        OriginConnection connection, bool toHead, OriginOptions options, Func<int, HeaderList, ValueTask>? interim, CancellationToken cancellationToken)
    {
        HeadLimits limits = new(options.MaxHeadBytes, options.MaxFields);
        HeaderList fields = new(16);
        for (var interims = 0; ; interims++)
        {
            var parser = new HeadParser<StatusLine>(limits);
            HeadProgress progress;
            while ((progress = parser.Read(connection.Buffered, fields)) == HeadProgress.Incomplete)
            {
                connection.ExpectRead(connection.HeadBy);
                if (await connection.FillAsync(cancellationToken) == 0)
                {
                    throw new OriginException(OriginFault.ClosedEarly);
                }
            }

            if (progress == HeadProgress.Refused)
            {
                throw new OriginException(parser.Fault is HeadFault.HeadTooLarge or HeadFault.TooManyFields or HeadFault.StartLineTooLong ? OriginFault.HeadTooLarge : OriginFault.HeadMalformed);
            }

            connection.Consume(parser.Length);
            var line = parser.StartLine;
            if (line.Status >= 200)
            {
                return Final(line, fields, toHead);
            }

            if (line.Status == 101 || interims == options.MaxInterim)
            {
                throw new OriginException(line.Status == 101 ? OriginFault.SwitchedProtocol : OriginFault.TooManyInterim);
            }

            if (interim is not null && line.Status != 100)
            {
                HopByHop.Strip(fields);
                await interim(line.Status, fields);
            }

            fields.Clear();
        }
    }

    /// <summary>Leaves of trailers what may be passed on: digests and what we do not know, nothing that frames, routes, caches or authenticates (RFC 9110 §6.5.1).</summary>
    public static void KeepTrailers(HeaderList trailers) =>
        trailers.RemoveWhere(static line => line.Id is not (FieldId.Other or FieldId.ContentDigest or FieldId.ReprDigest or FieldId.ContentMD5));

    private static OriginHead Final(StatusLine line, HeaderList fields, bool toHead)
    {
        if (BodyFraming.OfResponse(fields, line.Minor, line.Status, toHead, out var framing) != HeadFault.None)
        {
            throw new OriginException(OriginFault.Framing);
        }

        var isAmbiguous = fields.Contains(FieldId.TransferEncoding) && fields.Contains(FieldId.ContentLength);
        var persists = !isAmbiguous && (line.Minor == 1
            ? !fields.Members(FieldId.Connection).Contains("close"u8)
            : fields.Members(FieldId.Connection).Contains("keep-alive"u8));
        if (isAmbiguous || line.Status == 204)
        {
            // A length here is for the next parser to trip over (RFC 9112 §6.3, RFC 9110 §8.6).
            fields.Remove(FieldId.ContentLength);
        }
        else if (framing.Kind == BodyKind.Length && fields.CountOf(FieldId.ContentLength) > 1)
        {
            fields.Remove(FieldId.ContentLength);
            fields.Add(FieldId.ContentLength, framing.Length);
        }

        var tier = TierField.TakeReply(fields);
        HopByHop.Strip(fields);
        return new OriginHead(line.Status, fields, framing, persists, tier);
    }
}
