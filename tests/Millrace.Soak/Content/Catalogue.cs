namespace Millrace.Soak.Content;

/// <summary>All objects, and which is asked for: a Zipf law over a seeded order, as of the web.</summary>
internal sealed class Catalogue
{
    private readonly SoakObject[] _objects;
    private readonly double[] _cumulated;

    public Catalogue(SoakOptions options)
    {
        _objects = [.. Enumerable.Range(0, options.Objects).Select(id => new SoakObject(options, id))];
        _cumulated = new double[_objects.Length];
        var sum = 0.0;
        for (var rank = 0; rank < _cumulated.Length; rank++)
        {
            _cumulated[rank] = sum += 1 / Math.Pow(rank + 1, 0.9);
        }
    }

    public SoakObject this[int id] => _objects[id];

    public int Count => _objects.Length;

    public SoakObject Draw(Random random)
    {
        var at = Array.BinarySearch(_cumulated, random.NextDouble() * _cumulated[^1]);
        return _objects[Math.Min(at < 0 ? ~at : at, _objects.Length - 1)];
    }

    /// <summary>The object of a path, or null.</summary>
    public SoakObject? At(ReadOnlySpan<char> path) =>
        int.TryParse(path[(path.LastIndexOf('/') + 1)..], out var id) && id >= 0 && id < _objects.Length && path.SequenceEqual(_objects[id].Path) ? _objects[id] : null;
}
