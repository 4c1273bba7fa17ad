using System.IO.Hashing;
using System.Net;
using System.Text;

namespace Millrace.Demo;

/// <summary>What the demo's origin serves: made from the id alone, so that the same URL has the same bytes for ever.</summary>
internal static class DemoPages
{
    private const int Paragraphs = 12;
    private const int WordsPerParagraph = 60;
    private const int WordsPerSentence = 12;

    private const string Style = """
        <meta name="viewport" content="width=device-width,initial-scale=1"><style>
        body{margin:0;background:#f4f1ea;color:#2b2a27;font:18px/1.6 Georgia,serif}
        article{max-width:38rem;margin:2rem auto;padding:2rem 2.5rem;background:#fff;box-shadow:0 1px 6px #0002}
        h1{margin:0;line-height:1.2;font-size:2.2rem}small,footer{color:#8a8578}img{display:block;width:100%;height:auto}
        </style>
        """;

    private static readonly string[] _words =
    [
        "water", "wheel", "mill", "race", "river", "stone", "grain", "flour", "morning", "harbour", "signal", "letter", "window", "market", "bridge",
        "field", "engine", "paper", "copper", "winter", "garden", "orbit", "valley", "lantern", "current", "timber", "meadow", "channel", "season", "road",
    ];

    /// <summary>An article of about 5 KB with a picture.</summary>
    public static string Article(string id)
    {
        var name = WebUtility.HtmlEncode(id);
        var state = Seed(id);
        var text = new StringBuilder(8192);
        text.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(Title(id)).Append("</title>").Append(Style)
            .Append("</head><body><article><h1>")
            .Append(Title(id)).Append("</h1><p><small>").Append(name).Append("</small></p><img alt=\"\" src=\"/images/")
            .Append(Uri.EscapeDataString(id)).Append("\" width=\"320\" height=\"180\">");
        for (var paragraph = 0; paragraph < Paragraphs; paragraph++)
        {
            text.Append("<p>");
            for (var word = 0; word < WordsPerParagraph; word++)
            {
                text.Append(word == 0 ? "" : word % WordsPerSentence == 0 ? ". " : " ").Append(word % WordsPerSentence == 0 ? Capital(Word(ref state)) : Word(ref state));
            }

            text.Append(".</p>");
        }

        return text.Append("<footer>A page of the demo's origin: its words and its picture follow from its id alone.</footer></article></body></html>\n").ToString();
    }

    /// <summary>A small drawing in the item's own colours.</summary>
    public static string Picture(string id)
    {
        var hue = Seed(id) % 360;
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><rect width="320" height="180" fill="hsl({hue},45%,88%)"/>
            <circle cx="160" cy="90" r="64" fill="none" stroke="hsl({hue},55%,45%)" stroke-width="12" stroke-dasharray="24 9"/>
            <path d="M0 150q40-24 80 0t80 0 80 0 80 0v30H0z" fill="hsl({(hue + 180) % 360},50%,60%)"/></svg>

            """;
    }

    private static string Title(string id)
    {
        var state = Seed(id);
        return $"{Capital(Word(ref state))} {Word(ref state)} {Word(ref state)}";
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static ulong Seed(string id) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(id));

    private static string Word(ref ulong state)
    {
        // A linear congruential step (Knuth's MMIX constants): prose needs no better.
        state = unchecked(state * 6364136223846793005 + 1442695040888963407);
        return _words[(int)((state >> 33) % (ulong)_words.Length)];
    }
}
