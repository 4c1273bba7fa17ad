namespace Millrace.Delivery.Requests;

/// <summary>A preference's weight (RFC 9110 §12.4.2): <c>q=</c> and 0 or 1 with up to three decimals.</summary>
internal static class Weight
{
    public const int Full = 1000;

    /// <summary>The weight in thousandths; -1 for anything else.</summary>
    public static int Thousandths(ReadOnlySpan<byte> parameter)
    {
        if (parameter.Length is < 3 or > 7 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=' || parameter[2] is not ((byte)'0' or (byte)'1')
            || (parameter.Length > 3 && parameter[3] != '.'))
        {
            return -1;
        }

        var weight = parameter[2] - '0';
        for (var i = 4; i < 7; i++)
        {
            var digit = i < parameter.Length ? parameter[i] - '0' : 0;
            if (digit is < 0 or > 9)
            {
                return -1;
            }

            weight = (weight * 10) + digit;
        }

        return weight <= Full ? weight : -1;
    }
}
