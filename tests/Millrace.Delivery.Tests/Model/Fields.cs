using System.Globalization;

namespace Millrace.Delivery.Tests.Model;

/// <summary>The field lines of a message as the model sees them: plain strings, in order. Slow and simple on purpose; shares nothing with the plane's own.</summary>
internal sealed record Fields(IReadOnlyList<(string Name, string Value)> Lines)
{
    public static readonly Fields None = new([]);

    public static Fields Of(params (string Name, string Value)[] lines) => new(lines);

    public bool Has(string name) => Lines.Any(line => Same(line.Name, name));

    /// <summary>All lines of a name, joined as RFC 9110 §5.3 joins them; null when there is none.</summary>
    public string? Joined(string name)
    {
        var values = Lines.Where(line => Same(line.Name, name)).Select(static line => line.Value.Trim(' ', '\t')).ToArray();
        return values.Length == 0 ? null : string.Join(", ", values);
    }

    public string? First(string name) => Lines.Where(line => Same(line.Name, name)).Select(static line => line.Value).FirstOrDefault();

    /// <summary>The members of a comma-separated list, commas within quotes left alone (RFC 9110 §5.6.1).</summary>
    public string[] List(string name) => SplitList(Joined(name) ?? "");

    public Fields Without(Func<string, bool> named) => new([.. Lines.Where(line => !named(line.Name))]);

    public Fields With(string name, string value) => new([.. Lines, (name, value)]);

    /// <summary>RFC 9111 §3.2: the fields of <paramref name="newer"/> take the place of those of the same name.</summary>
    public Fields UpdatedBy(Fields newer)
    {
        var taken = newer.Without(IsNeverUpdated);
        return new([.. Lines.Where(line => !taken.Has(line.Name)), .. taken.Lines]);
    }

    /// <summary>The fields that a cache stores and forwards: not those of one connection (RFC 9110 §7.6.1, RFC 9111 §3.1).</summary>
    public Fields EndToEnd()
    {
        var named = List("Connection");
        return Without(name => IsOfConnection(name) || named.Any(other => Same(other, name)));
    }

    /// <summary>A date (RFC 9110 §5.6.7); null when it is missing, invalid or given twice.</summary>
    public DateTimeOffset? Date(string name)
    {
        var values = Lines.Where(line => Same(line.Name, name)).ToArray();
        return values.Length == 1 && DateTimeOffset.TryParseExact(values[0].Value, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
    }

    public static string[] SplitList(string text)
    {
        List<string> members = [];
        var (start, quoted) = (0, false);
        for (var at = 0; at <= text.Length; at++)
        {
            if (at == text.Length || (text[at] == ',' && !quoted))
            {
                members.Add(text[start..at].Trim(' ', '\t'));
                start = at + 1;
            }
            else if (text[at] == '"')
            {
                quoted = !quoted;
            }
            else if (text[at] == '\\' && quoted)
            {
                at++;
            }
        }

        return [.. members.Where(static member => member.Length > 0)];
    }

    public static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static bool IsOfConnection(string name) =>
        new[] { "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization" }
            .Any(other => Same(other, name));

    /// <summary>RFC 9111 §3.2: what describes the body of the one message is not taken over into another.</summary>
    private static bool IsNeverUpdated(string name) => Same(name, "Content-Length") || Same(name, "Content-Range") || Same(name, "Content-Encoding") || Same(name, "Content-Type");

    public override string ToString() => string.Join(" | ", Lines.Select(static line => $"{line.Name}: {line.Value}"));
}
