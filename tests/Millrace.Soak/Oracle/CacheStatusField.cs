namespace Millrace.Soak.Oracle;

/// <summary>A member of Cache-Status as a client reads it.</summary>
internal sealed record CacheStatusField(string Name, bool Hit, string? Forward, bool Collapsed, long? TimeToLive, string? Detail)
{
    /// <summary>The members, nearest to the origin first.</summary>
    public static CacheStatusField[] Parse(string? field) => field is null ? [] : Array.ConvertAll(field.Split(','), One);

    private static CacheStatusField One(string member)
    {
        var parts = Array.ConvertAll(member.Split(';'), static part => part.Trim());
        return new CacheStatusField(parts[0], parts.Contains("hit"), Value("fwd"), parts.Contains("collapsed"), long.TryParse(Value("ttl"), out var ttl) ? ttl : null, Value("detail"));

        string? Value(string name) => Array.Find(parts, part => part.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
    }
}
