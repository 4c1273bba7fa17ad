using System.Text;

namespace Millrace.Tests.Api;

/// <summary>Looks for a text in every file below a directory, however it may be written there.</summary>
internal static class FileScan
{
    /// <summary>The forms in which the text is looked for.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Forms(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return
        [
            ("UTF-8", utf8),
            ("UTF-16", Encoding.Unicode.GetBytes(text)),
            ("UTF-16 big-endian", Encoding.BigEndianUnicode.GetBytes(text)),
            ("percent-encoded", Encoding.ASCII.GetBytes(Uri.EscapeDataString(text))),
            ("percent-encoded in lower case", Encoding.ASCII.GetBytes(LowerEscapes(Uri.EscapeDataString(text)))),
            ("JSON-escaped", Encoding.ASCII.GetBytes(System.Text.Json.JsonEncodedText.Encode(text).ToString())),
            ("hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(utf8))),
            .. Enumerable.Range(0, 3).Select(shift => ($"base64 at {shift}", Base64(utf8, shift))),
        ];
    }

    /// <summary>Every file and form in which one of the texts stands.</summary>
    public static List<string> Find(string directory, params ReadOnlySpan<string> texts)
    {
        var found = new List<string>();
        foreach (var file in Directory.GetFiles(directory, "*", SearchOption.AllDirectories))
        {
            var bytes = Encoding.UTF8.GetBytes(file).Concat(Read(file)).ToArray();
            foreach (var text in texts)
            {
                found.AddRange(Forms(text).Where(form => bytes.AsSpan().IndexOf(form.Bytes) >= 0).Select(form => $"{text} as {form.Name} in {Path.GetRelativePath(directory, file)}"));
            }
        }

        return found;
    }

    /// <summary>What of the base64 of something longer follows from this text alone.</summary>
    private static byte[] Base64(byte[] text, int shift)
    {
        var whole = Convert.ToBase64String([.. new byte[shift], .. text]);
        var from = shift == 0 ? 0 : shift + 1;
        var to = (shift + text.Length) / 3 * 4;
        return Encoding.ASCII.GetBytes(whole[from..to]);
    }

    private static string LowerEscapes(string text) => System.Text.RegularExpressions.Regex.Replace(text, "%[0-9A-F]{2}", escape => escape.Value.ToLowerInvariant());

    private static byte[] Read(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (IOException) when (Path.GetFileName(file) == "lock")
        {
            return []; // Held, and empty.
        }
    }
}
