using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Status lines of HTTP/1.1, made once each.</summary>
internal static class StatusLines
{
    private const int First = 100;
    private const int Last = 999;

    private static readonly byte[][] Lines =
        [.. Enumerable.Range(First, Last - First + 1).Select(static status => Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {Phrase(status)}\r\n"))];

    /// <summary>The line with its end.</summary>
    public static ReadOnlySpan<byte> Of(int status) => Lines[status - First];

    private static string Phrase(int status) => status == 103 ? "Early Hints" : ReasonPhrases.GetReasonPhrase(status);
}
