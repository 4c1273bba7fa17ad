namespace Millrace.Delivery.Keys;

/// <summary>Takes a decision's tag out of a raw target; every other byte of the query stays where it was.</summary>
internal static class TagParameter
{
    /// <summary>The target without any parameter named exactly <paramref name="name"/>, and the first one's raw value, or null. Percent-encoded spellings of the name are other names.</summary>
    public static (string Target, string? Value) Take(string target, string? name)
    {
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        if (name is null || mark < 0 || target.IndexOf(name, mark, StringComparison.Ordinal) < 0)
        {
            return (target, null);
        }

        string? value = null;
        var taken = false;
        List<string> kept = [];
        foreach (var parameter in target[(mark + 1)..].Split('&'))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            var isTag = (equals < 0 ? parameter : parameter.AsSpan(0, equals)).SequenceEqual(name);
            if (!isTag)
            {
                kept.Add(parameter);
                continue;
            }

            value ??= equals < 0 ? "" : parameter[(equals + 1)..];
            taken = true;
        }

        return !taken ? (target, null) : (kept.Count == 0 ? target[..mark] : $"{target[..mark]}?{string.Join('&', kept)}", value);
    }
}
