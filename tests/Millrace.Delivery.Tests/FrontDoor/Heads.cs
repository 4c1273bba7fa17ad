using System.Text;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests;

/// <summary>Heads read by the strict parser, whole or in pieces, as values that compare.</summary>
internal static class Heads
{
    public static readonly HeadLimits Limits = new(8 * 1024, 40);

    /// <summary>Reads a request, given piece by piece up to each of <paramref name="cuts"/>; what is given stays, as in a connection's buffer.</summary>
    public static HeadResult Request(byte[] message, params int[] cuts) => Read<RequestLine>(message, cuts, line => $"{Text(line.Method.Of(message))} {Text(line.Target.Of(message))} {line.Minor}");

    public static HeadResult Request(string message) => Request(Encoding.Latin1.GetBytes(message));

    public static HeadResult Response(byte[] message, params int[] cuts) => Read<StatusLine>(message, cuts, line => $"{line.Status} {line.Minor}");

    public static HeadResult Response(string message) => Response(Encoding.Latin1.GetBytes(message));

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static HeadResult Read<TLine>(byte[] message, int[] cuts, Func<TLine, string> say)
        where TLine : struct, IStartLine<TLine>
    {
        HeadParser<TLine> parser = new(Limits);
        HeaderList fields = new();
        var progress = HeadProgress.Incomplete;
        foreach (var cut in cuts.Order().Append(message.Length))
        {
            progress = parser.Read(message.AsSpan(0, cut), fields);
            if (progress != HeadProgress.Incomplete)
            {
                break;
            }
        }

        return progress == HeadProgress.Complete
            ? new HeadResult(progress, HeadFault.None, say(parser.StartLine), Text(fields.Wire), parser.Length)
            : new HeadResult(progress, parser.Fault, "", "", 0);
    }
}

/// <summary>What became of a head.</summary>
internal sealed record HeadResult(HeadProgress Progress, HeadFault Fault, string Start, string Fields, int Length);
