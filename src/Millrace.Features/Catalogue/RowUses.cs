namespace Millrace.Features.Catalogue;

/// <summary>How many counts, pairs and sessions refer to each row: a row that none refers to may be given to another item. Single writer.</summary>
internal sealed class RowUses
{
    private readonly List<int> _uses = [];

    internal void Hold(int row)
    {
        while (_uses.Count <= row)
        {
            _uses.Add(0);
        }

        _uses[row]++;
    }

    internal void Release(int row) => _uses[row]--;

    internal int Of(int row) => row < _uses.Count ? _uses[row] : 0;

    internal bool Any(int row) => Of(row) > 0;
}
