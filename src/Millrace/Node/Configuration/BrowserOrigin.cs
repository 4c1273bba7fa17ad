namespace Millrace.Node.Configuration;

/// <summary>The origin of a web page as browsers send it (RFC 6454 §6.2): scheme, host, and the port when it is not the scheme's.</summary>
internal static class BrowserOrigin
{
    /// <summary>Stands for every origin.</summary>
    public const string Any = "*";

    public const string Pattern = @"^(\*|https?://[^/?#@\s]+)$";

    /// <summary>The canonical text, or null when it is none.</summary>
    public static string? Parse(string text) => text == Any ? Any
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.PathAndQuery == "/"
            && url.Fragment.Length == 0 && !text.EndsWith('/')
            ? $"{url.Scheme}://{url.IdnHost}{(url.IsDefaultPort ? "" : $":{url.Port}")}"
            : null;
}
