namespace Millrace.Delivery.Compression;

/// <summary>Which coding a request gets of an object that can be had in any.</summary>
internal static class EncodingChoice
{
    /// <summary>
    /// The acceptable coding of the greatest weight; among equals the one that makes least of the body. What a client refuses is sent only when it
    /// refuses everything: identity then, as RFC 9110 §12.5.3 asks.
    /// </summary>
    public static ContentCoding Choose(in AcceptedCodings accepted)
    {
        var (best, weight) = (ContentCoding.Identity, 0);
        for (var i = 0; i < ContentCodings.Count; i++)
        {
            if (accepted[(ContentCoding)i] > weight)
            {
                (best, weight) = ((ContentCoding)i, accepted[(ContentCoding)i]);
            }
        }

        return best;
    }
}
