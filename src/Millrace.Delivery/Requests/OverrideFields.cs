using System.Text;

namespace Millrace.Delivery.Requests;

/// <summary>
/// Fields by which a client would make an origin answer for another URL, host, scheme or method than the one that chose route and key: what came
/// back would be stored under the wrong name (J. Kettle, "Practical Web Cache Poisoning", 2018). They never reach an origin.
/// </summary>
internal static class OverrideFields
{
    private static readonly string[] Families = ["X-Forwarded-", "X-Original-", "X-Rewrite-"];
    private static readonly string[] Names = ["Forwarded", "X-Host", "X-HTTP-Host-Override", "X-Url-Scheme", "Front-End-Https", "Proxy"];
    private static readonly string[] Methods = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
    private static readonly int LongestName = Names.Concat(Methods).Concat(Families).Max(static name => name.Length);

    /// <summary>Whether a field is dropped. A method override stays on a POST, where APIs use it, for its response is never stored.</summary>
    public static bool Contains(FieldLine line, RequestMethod method)
    {
        if (line.Id == FieldId.XForwardedFor || (line.Name[0] | 0x20) is not ('f' or 'p' or 'x'))
        {
            return false;
        }

        // CGI-like origins read X_Forwarded_Host as X-Forwarded-Host.
        Span<byte> name = stackalloc byte[LongestName + 1];
        name = name[..Math.Min(line.Name.Length, name.Length)];
        line.Name[..name.Length].CopyTo(name);
        name.Replace((byte)'_', (byte)'-');
        return IsAny(Names, name) || (method != RequestMethod.Post && IsAny(Methods, name)) || BeginsWithAny(Families, name);
    }

    private static bool IsAny(string[] names, ReadOnlySpan<byte> name)
    {
        foreach (var known in names)
        {
            if (Ascii.EqualsIgnoreCase(name, known))
            {
                return true;
            }
        }

        return false;
    }

    private static bool BeginsWithAny(string[] families, ReadOnlySpan<byte> name)
    {
        foreach (var family in families)
        {
            if (name.Length >= family.Length && Ascii.EqualsIgnoreCase(name[..family.Length], family))
            {
                return true;
            }
        }

        return false;
    }
}
