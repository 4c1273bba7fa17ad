using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Bench.Vectors;

/// <summary>A filter that does not know how many rows it allows, as a decision's does not: the search makes out their share from those it asked for.</summary>
internal sealed class AskedRows(RowBitmap rows) : IRowFilter
{
    private const float LeastShare = 0.01f;

    private long _asked;
    private long _allowed;

    public int? Count => null;

    public bool IsOver => false;

    public float Share(int all) => Math.Max(LeastShare, (_allowed + 1f) / (_asked + 1f));

    public bool Allows(int row)
    {
        _asked++;
        if (!rows.Allows(row)) return false;
        _allowed++;
        return true;
    }

    public int Next(int row) => throw new NotSupportedException("Rows are asked for one by one.");
}
