namespace Millrace.Decisions;

/// <summary>Modes as records and the API write them.</summary>
public static class DecideModes
{
    /// <summary><c>online</c>, <c>apprentice</c> or <c>log-only</c>.</summary>
    public static string Text(DecideMode mode) => mode switch
    {
        DecideMode.Apprentice => "apprentice",
        DecideMode.LogOnly => "log-only",
        _ => "online",
    };

    /// <summary>The mode of that text; online for any other.</summary>
    public static DecideMode Parse(string text) => text switch
    {
        "apprentice" => DecideMode.Apprentice,
        "log-only" => DecideMode.LogOnly,
        _ => DecideMode.Online,
    };
}
