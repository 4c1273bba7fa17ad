namespace Millrace.Delivery.Requests;

/// <summary>The wire names of <see cref="RequestMethod"/>, and what is known of each (RFC 9110 §9.2).</summary>
internal static class MethodNames
{
    private static readonly byte[][] Wires = Array.ConvertAll(Enum.GetNames<RequestMethod>(), static name => System.Text.Encoding.Latin1.GetBytes(name.ToUpperInvariant()));

    /// <summary>The name as bytes; that of <see cref="RequestMethod.Other"/> stands in the request.</summary>
    public static ReadOnlySpan<byte> Wire(this RequestMethod method) => Wires[(int)method];

    /// <summary>Methods are compared with case (RFC 9110 §9.1).</summary>
    public static RequestMethod Of(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("GET"u8))
        {
            return RequestMethod.Get;
        }

        for (var i = 1; i < Wires.Length; i++)
        {
            if (name.SequenceEqual(Wires[i]))
            {
                return (RequestMethod)i;
            }
        }

        return RequestMethod.Other;
    }

    public static bool IsSafe(this RequestMethod method) => method is RequestMethod.Get or RequestMethod.Head or RequestMethod.Options or RequestMethod.Trace
        or RequestMethod.PropFind or RequestMethod.Report or RequestMethod.Search or RequestMethod.Query;
}
