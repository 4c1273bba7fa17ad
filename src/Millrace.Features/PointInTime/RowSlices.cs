using System.Collections.Immutable;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>
/// The slices of time that a build's rows are cut into, and the files of those that are under way: rows of several may come at a time, since a decision may be taken minutes after its
/// epoch. Files that an earlier run completed stay as they are.
/// </summary>
public sealed class RowSlices : IAsyncDisposable
{
    private readonly string _directory;
    private readonly RowFileOptions _options;
    private readonly ImmutableArray<RowSlice> _slices;
    private readonly HashSet<RowSlice> _kept = new(ReferenceEqualityComparer.Instance);
    private readonly SortedDictionary<int, ParquetRowSink> _open = [];
    private readonly HashSet<int> _short = [];
    private readonly TimeSpan _length;
    private int _next;

    /// <param name="directory">Takes the files.</param>
    /// <param name="whole">From, to, columns and origin of all rows.</param>
    /// <param name="length">Of a slice; the last may be shorter.</param>
    /// <param name="options">How rows are cut into files.</param>
    public RowSlices(string directory, RowSlice whole, TimeSpan length, RowFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(whole);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, TimeSpan.FromSeconds(1));
        (_directory, _length, _options, Whole) = (directory, length, options, whole);
        var slices = ImmutableArray.CreateBuilder<RowSlice>();
        for (var from = whole.From; from < whole.To; from += length)
        {
            slices.Add(whole with { From = from, To = from + length < whole.To ? from + length : whole.To });
        }

        _slices = slices.ToImmutable();
    }

    /// <summary>What all slices have in common, from the first one's beginning to the last one's end.</summary>
    public RowSlice Whole { get; }

    /// <summary>How many there are.</summary>
    public int Count => _slices.Length;

    /// <summary>How many of them an earlier run completed.</summary>
    public int Kept => _kept.Count;

    /// <summary>Rows written by this run.</summary>
    public long Rows { get; private set; }

    /// <summary>The time that is left to build, from the first slice that is not done to the last; null when all are.</summary>
    public (UnixMicros From, UnixMicros To)? Left =>
        _slices.Where(slice => !_kept.Contains(slice)).ToArray() is { Length: > 0 } left ? (left[0].From, left[^1].To) : null;

    /// <summary>Looks for what an earlier run completed.</summary>
    /// <exception cref="IOException">A file cannot be read, or holds rows that a slice would hold too.</exception>
    public async Task FindDoneAsync(CancellationToken cancellation = default)
    {
        if (Strangers().Order(StringComparer.Ordinal).FirstOrDefault() is { } stranger)
        {
            throw new IOException($"{Path.Combine(_directory, stranger)} holds rows of a time that this build cuts into other slices: they would be there twice. "
                + "Build with the from, to and slice that it was built with or into another directory, or delete it");
        }

        foreach (var file in RowFiles.In(_directory).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            var (kind, journal) = await OriginOfAsync(file.Name, isOurs: file.From < Whole.To && file.To > Whole.From, cancellation);
            if (!string.IsNullOrEmpty(journal) && Whole.Journal.Length > 0 && journal != Whole.Journal)
            {
                throw new IOException($"{Path.Combine(_directory, file.Name)} holds rows of the journal {journal}, and this build reads the journal {Whole.Journal}. Build into another directory, or delete it");
            }

            if (kind is not null && kind != Whole.Kind)
            {
                throw new IOException($"{Path.Combine(_directory, file.Name)} holds {Word(kind.Value)} rows, and this build makes {Word(Whole.Kind)} rows: whoever reads the directory would take them for the same. "
                    + "Build into another directory, or delete it");
            }
        }

        foreach (var slice in _slices)
        {
            if (await RowFiles.IsDoneAsync(_directory, slice, cancellation))
            {
                _kept.Add(slice);
            }
        }
    }

    /// <summary>Whether rows of a time are wanted, or can no longer be taken since their slice is done.</summary>
    public bool Wants(UnixMicros time) => IndexOf(time) is var index and >= 0 && !_kept.Contains(_slices[index]);

    /// <summary>Takes the rows of a decision; false when its slice has been completed.</summary>
    public async ValueTask<bool> WriteAsync(DecisionRows rows, CancellationToken cancellation)
    {
        var index = IndexOf(rows.Time);
        if (index < _next)
        {
            Miss(rows.Time);
            return false;
        }

        if (!_open.TryGetValue(index, out var sink))
        {
            _open.Add(index, sink = new ParquetRowSink(_directory, _slices[index], _options));
        }

        await sink.WriteAsync(rows, cancellation);
        Rows += rows.Items.Length;
        return true;
    }

    /// <summary>Says that rows of a time should be there and are not: a later run makes their slice anew, unless an earlier one had them.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Miss(UnixMicros time)
    {
        var index = IndexOf(time);
        if (index >= 0 && !_kept.Contains(_slices[index]) && _short.Add(index) && index < _next)
        {
            RowFiles.MarkShort(_directory, _slices[index]);
        }
    }

    /// <summary>Completes the slices that end at or before a time.</summary>
    /// <param name="time">Nothing before it comes any more.</param>
    /// <param name="whole">What ends at or before it is final; the rest a later run makes anew.</param>
    /// <param name="cancellation">Leaves the rest undone.</param>
    public async ValueTask CompleteAsync(UnixMicros time, UnixMicros whole, CancellationToken cancellation)
    {
        while (_next < _slices.Length && _slices[_next].To <= time)
        {
            var slice = _slices[_next];
            if (!_kept.Contains(slice))
            {
                await using var sink = _open.GetValueOrDefault(_next) ?? new ParquetRowSink(_directory, slice, _options);
                await sink.CompleteAsync(slice.To <= whole && !_short.Contains(_next), cancellation);
                _open.Remove(_next);
            }

            _next++;
        }
    }

    /// <summary>Leaves undone what is not complete.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var sink in _open.Values)
        {
            await sink.DisposeAsync();
        }

        _open.Clear();
    }

    /// <summary>Files that overlap a slice and belong to none.</summary>
    private IEnumerable<string> Strangers()
    {
        var ours = _slices.Select(slice => slice.Name).ToHashSet(StringComparer.Ordinal);
        return RowFiles.In(_directory).Where(file => file.From < Whole.To && file.To > Whole.From && !ours.Contains(RowSlice.NameOf(file.From, file.To))).Select(file => file.Name);
    }

    /// <summary>A file of another time that cannot be read is not this build's to judge: it hinders nobody but who reads it.</summary>
    private async Task<(RowKind? Kind, string? Journal)> OriginOfAsync(string name, bool isOurs, CancellationToken cancellation)
    {
        try
        {
            return await RowFiles.OriginOfAsync(_directory, name, cancellation);
        }
        catch (IOException) when (!isOurs)
        {
            return default;
        }
        catch (IOException damaged)
        {
            throw new IOException($"{damaged.Message}; delete it to have it built anew", damaged);
        }
    }

    private static string Word(RowKind kind) => kind == RowKind.Slate ? "slate" : "candidates";

    private int IndexOf(UnixMicros time) => time < Whole.From || time >= Whole.To ? -1 : (int)((time - Whole.From).Ticks / _length.Ticks);
}
