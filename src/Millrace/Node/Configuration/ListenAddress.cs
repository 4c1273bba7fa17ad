using System.Globalization;
using System.Net;

namespace Millrace.Node.Configuration;

/// <summary>Where a listener listens.</summary>
/// <param name="Address">The address; null for every address of the machine.</param>
/// <param name="Port">0 lets the system choose.</param>
internal sealed record ListenAddress(IPAddress? Address, int Port)
{
    public const string Expected = "an address like ':8080', '127.0.0.1:8082' or '[::1]:8080'";

    /// <summary>Reads <c>:port</c>, <c>ip:port</c>, <c>[ipv6]:port</c> or <c>localhost:port</c>; null when it is none of these.</summary>
    public static ListenAddress? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return null;
        }

        var host = text[..colon];
        if (host is "" or "*")
        {
            return new ListenAddress(null, port);
        }

        if (host == "localhost")
        {
            return new ListenAddress(IPAddress.Loopback, port);
        }

        var bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        if (host.Contains(':', StringComparison.Ordinal) != bracketed)
        {
            return null;
        }

        return IPAddress.TryParse(bracketed ? host[1..^1] : host, out var address) && (bracketed || host.Count(c => c == '.') == 3)
            ? new ListenAddress(address, port)
            : null;
    }

    public override string ToString() => Address switch
    {
        null => $":{Port}",
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } v6 => $"[{v6}]:{Port}",
        _ => $"{Address}:{Port}",
    };
}
