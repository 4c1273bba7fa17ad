namespace Millrace.Features.Images;

/// <summary>Texts that come again and again, such as providers and topics: the first time in full, then by number. One of these writes, an equal one reads.</summary>
internal sealed class SharedTexts
{
    private const int MostTexts = 1 << 20;
    private const int MostBytes = 64 * 1024;

    // Longer ones do not come again.
    private const int MostChars = 64;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];

    internal void Write(StateWriter to, string text)
    {
        if (_numbers.TryGetValue(text, out var number))
        {
            to.Count(number + 1);
            return;
        }

        to.Count(0);
        to.Text(text);
        Learn(text);
    }

    internal string Read(StateReader from) => Read(from, out _);

    /// <param name="from">Where it stands.</param>
    /// <param name="number">Its number; 0 when it comes for the first time.</param>
    internal string Read(StateReader from, out int number)
    {
        number = from.Count(_texts.Count);
        if (number > 0)
        {
            return _texts[number - 1];
        }

        var text = from.Text(MostBytes) ?? throw from.Bad("a text", "none");
        Learn(text);
        return text;
    }

    private void Learn(string text)
    {
        if (text.Length <= MostChars && _texts.Count < MostTexts && _numbers.TryAdd(text, _texts.Count))
        {
            _texts.Add(text);
        }
    }
}
