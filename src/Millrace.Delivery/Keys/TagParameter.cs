using System.Text;

namespace Millrace.Delivery.Keys;

/// <summary>Takes a decision's tag out of a raw target; every other byte of the query stays where it was.</summary>
internal static class TagParameter
{
    /// <summary>
    /// Writes the target without any parameter named exactly <paramref name="name"/> and returns the first one's raw value, or null. Percent-encoded
    /// spellings of the name are other names.
    /// </summary>
    public static string? Take(ReadOnlySpan<byte> target, string? name, KeyBuffer into)
    {
        var mark = target.IndexOf((byte)'?');
        if (name is null || mark < 0)
        {
            into.Append(target);
            return null;
        }

        string? value = null;
        var kept = 0;
        var query = target[(mark + 1)..];
        into.Append(target[..mark]);
        foreach (var range in query.Split((byte)'&'))
        {
            var parameter = query[range];
            var equals = parameter.IndexOf((byte)'=');
            if (Ascii.Equals(equals < 0 ? parameter : parameter[..equals], name))
            {
                value ??= equals < 0 ? "" : Encoding.Latin1.GetString(parameter[(equals + 1)..]);
                continue;
            }

            into.Append(kept++ == 0 ? "?"u8 : "&"u8);
            into.Append(parameter);
        }

        return value;
    }
}
