namespace Millrace.Features.Numerics;

/// <summary>log(1 + n) of a count as the float that models read, from a table for the counts that nearly all items have.</summary>
internal static class CountLog
{
    /// <summary>Counts below this stand in the table: 256 KiB.</summary>
    internal const int TableSize = 65_536;

    private static readonly float[] Table = Fill();

    /// <summary>The bits of <see cref="Deterministic.LogOnePlus"/>, rounded to a float.</summary>
    /// <param name="count">At least 0; exact up to 2^53.</param>
    internal static float LogOnePlus(long count)
    {
        float[] table = Table;
        return (ulong)count < (ulong)table.Length ? table[count] : (float)Deterministic.LogOnePlus(count);
    }

    private static float[] Fill()
    {
        var table = new float[TableSize];
        for (int count = 0; count < table.Length; count++) table[count] = (float)Deterministic.LogOnePlus(count);
        return table;
    }
}
