namespace Millrace.Models.Trees;

/// <summary>XGBoost writes NaN as a bare word, as the threshold of categorical splits for one, which is no JSON.</summary>
internal static class BareNaN
{
    /// <summary>The text with an empty string, and a space, in place of each bare NaN: every byte keeps its place.</summary>
    internal static ReadOnlyMemory<byte> Hide(ReadOnlyMemory<byte> text)
    {
        if (text.Span.IndexOf("NaN"u8) < 0) return text;
        byte[] hidden = text.ToArray();
        bool quoted = false;
        for (int i = 0; i < hidden.Length; i++)
        {
            if (hidden[i] == (byte)'"') quoted = !quoted;
            else if (quoted && hidden[i] == (byte)'\\') i++;
            else if (!quoted && hidden[i] == (byte)'N' && hidden.AsSpan(i).StartsWith("NaN"u8))
            {
                "\"\" "u8.CopyTo(hidden.AsSpan(i));
                i += 2;
            }
        }

        return hidden;
    }
}
