using System.Text;

namespace Millrace.Models.Trees;

/// <summary>The beginning of a text that a message shows: what a file holds may be as long as the file.</summary>
internal static class Excerpt
{
    private const int Longest = 32;

    internal static string Of(ReadOnlySpan<byte> text) =>
        text.Length == 0 ? "nothing" : $"'{Encoding.UTF8.GetString(text[..Math.Min(Longest, text.Length)])}'";

    internal static string Of(string text) => text.Length == 0 ? "nothing" : $"'{text[..Math.Min(Longest, text.Length)]}'";
}
