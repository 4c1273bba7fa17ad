using System.Text;

namespace Millrace.Delivery.Requests;

/// <summary>One Cache-Control member: a name and, perhaps, a token or quoted argument (RFC 9111 §5.2: both forms are accepted).</summary>
internal readonly ref struct Directive(ReadOnlySpan<byte> name, bool hasArgument, ReadOnlySpan<byte> argument)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    public bool HasArgument { get; } = hasArgument;

    /// <summary>The argument without its quotes; escapes inside stay.</summary>
    public ReadOnlySpan<byte> Argument { get; } = argument;

    /// <summary>The argument as a time in seconds; null when it is none.</summary>
    public long? Seconds => HasArgument ? Syntax.DeltaSeconds(Argument) : null;

    public bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    public static Directive Parse(ReadOnlySpan<byte> member)
    {
        var equals = member.IndexOf((byte)'=');
        if (equals < 0)
        {
            return new Directive(member, false, default);
        }

        var argument = member[(equals + 1)..];
        if (argument.Length >= 2 && argument[0] == '"' && argument[^1] == '"')
        {
            argument = argument[1..^1];
        }

        return new Directive(member[..equals], true, argument);
    }
}
