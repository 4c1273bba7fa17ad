namespace Millrace.Features.Online;

/// <summary>What the catalogue says and a state cannot take, which reads as missing: how often, and what it was last. One writer; any thread reads.</summary>
/// <param name="path">Where in an item it stands, as a path.</param>
/// <param name="expected">What the state takes.</param>
public sealed class Misfits(string path, string expected)
{
    private const int MostShown = 64;

    private long _count;
    private volatile Tuple<string, string>? _last;

    /// <summary>Where in an item it stands: <c>attributes.price</c>, <c>embedding</c>.</summary>
    public string Field => path;

    public string Expected => expected;

    /// <summary>How many changes of items, since the fold began or went on from a snapshot.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The last item, and what was got; null while there is none.</summary>
    public (string Item, string Got)? Last => _last is { } last ? (last.Item1, last.Item2) : null;

    internal void Note(string item, string got)
    {
        _last = Tuple.Create(item, got.Length <= MostShown ? got : got[..MostShown] + "…");
        Volatile.Write(ref _count, _count + 1);
    }
}
