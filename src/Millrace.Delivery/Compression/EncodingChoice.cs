namespace Millrace.Delivery.Compression;

/// <summary>Which coding a request gets of an object that is held in one.</summary>
internal static class EncodingChoice
{
    /// <summary>
    /// The acceptable coding of the greatest weight; among equals the one that makes least of the body. What a client refuses is sent only when it
    /// refuses everything: identity then, as §12.5.3 asks.
    /// </summary>
    /// <param name="accepted">What the request says.</param>
    /// <param name="stored">The coding in which the object is held.</param>
    /// <param name="convertible">Whether others can be made of it.</param>
    public static ContentCoding Choose(in AcceptedCodings accepted, ContentCoding stored, bool convertible)
    {
        if (!convertible)
        {
            return stored;
        }

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
