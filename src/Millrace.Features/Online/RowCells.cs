using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Features.Online;

/// <summary>An item's row in cells of four bytes: in them stands, at its beginning, what reading takes of it.</summary>
internal static class RowCells
{
    /// <summary>The row's cells, to write.</summary>
    internal static Span<uint> Cells(this Span<long> row) => MemoryMarshal.Cast<long, uint>(row);

    /// <inheritdoc cref="Cells(Span{long})"/>
    internal static ReadOnlySpan<uint> Cells(this ReadOnlySpan<long> row) => MemoryMarshal.Cast<long, uint>(row);

    /// <summary>The number that takes two cells from <paramref name="at"/> on.</summary>
    internal static long Long(this ReadOnlySpan<uint> cells, int at) => Unsafe.ReadUnaligned<long>(ref Unsafe.As<uint, byte>(ref MemoryMarshal.GetReference(cells.Slice(at, 2))));

    /// <inheritdoc cref="Long(ReadOnlySpan{uint}, int)"/>
    internal static long Long(this Span<uint> cells, int at) => Long((ReadOnlySpan<uint>)cells, at);

    /// <summary>Sets the two cells from <paramref name="at"/> on.</summary>
    internal static void SetLong(this Span<uint> cells, int at, long value) => Unsafe.WriteUnaligned(ref Unsafe.As<uint, byte>(ref MemoryMarshal.GetReference(cells.Slice(at, 2))), value);

    /// <summary>Gives states their places in a row, between what the catalogue fills: first the cells that reading takes, of all of them, then the words that only folding needs.</summary>
    /// <returns>How many words of a row reading takes, and how many there are.</returns>
    internal static (int Served, int Words) Lay(ReadOnlySpan<ItemState> states)
    {
        const int CellsInWord = sizeof(long) / sizeof(uint);
        var cells = Catalogue.ItemWords.Front * CellsInWord;
        foreach (var state in states)
        {
            state.Front = cells;
            cells += state.Cells;
        }

        var served = (cells + CellsInWord - 1) / CellsInWord;
        var words = served;
        foreach (var state in states)
        {
            state.Offset = words;
            words += state.Words;
        }

        return (served, words + Catalogue.ItemWords.Behind);
    }
}
