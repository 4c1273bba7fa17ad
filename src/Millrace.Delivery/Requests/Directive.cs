namespace Millrace.Delivery.Requests;

/// <summary>One Cache-Control member: a name and, perhaps, a token or quoted value (RFC 9111 §5.2: both forms are accepted).</summary>
internal readonly record struct Directive(string Name, bool HasValue, long? Seconds)
{
    public static Directive Parse(ReadOnlySpan<char> member)
    {
        var equals = member.IndexOf('=');
        if (equals < 0)
        {
            return new Directive(member.ToString(), false, null);
        }

        var value = member[(equals + 1)..];
        if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
        {
            value = value[1..^1];
        }

        return new Directive(member[..equals].ToString(), true, Syntax.DeltaSeconds(value));
    }
}
