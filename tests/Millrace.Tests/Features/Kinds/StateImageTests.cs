using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Features.Numerics;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

/// <summary>A state that is written and read back goes on as if nothing had been.</summary>
public sealed class StateImageTests
{
    private static readonly StateKey[] Keys = [.. KindSet.All.States];

    [Fact]
    public void A_state_that_was_saved_and_loaded_goes_on_as_the_first() => Gen.Select(FoldedHistory.Facts, Gen.Int[0, 100]).Sample((facts, percent) =>
    {
        Observed[] events = [.. facts.Select(stored => stored.Fact).OfType<Observed>()];
        var half = events.Length * percent / 100;
        foreach (var key in Keys)
        {
            var first = new Alone(key);
            first.Fold(events[..half]);
            var second = first.Reloaded();
            Assert.Equal(first.Text(), second.Text());
            first.Fold(events[half..]);
            second.Fold(events[half..]);
            Assert.Equal(first.Text(), second.Text());
            first.Advance(KindSet.Day * 9);
            second.Advance(KindSet.Day * 9);
            Assert.Equal(first.Text(), second.Text());
        }
    });

    /// <summary>One state without a folder.</summary>
    private sealed class Alone
    {
        private readonly StateKey _key;
        private readonly FoldContext _context = new(new FeatureOptions(), new FoldCounts());
        private readonly ItemState _state;
        private long _time;

        internal Alone(StateKey key)
        {
            _key = key;
            _state = key.Create(_context);
            _context.Rows = new RowStore(RowCells.Lay([_state]).Words);
        }

        internal void Fold(IEnumerable<Observed> events)
        {
            foreach (var observed in events)
            {
                var (time, row) = (FoldOracle.TimeOf(observed), int.Parse(observed.Item[1..], System.Globalization.CultureInfo.InvariantCulture));
                _time = Math.Max(_time, time);
                _state.Advance(_time);
                if (_state.Wants(observed.Event))
                {
                    _state.Apply(new FoldedEvent { Fact = observed, Time = time, Item = ItemHash.Of(observed.Item), Row = row, Recent = [(row + 1) % FoldedHistory.Items] }, _context.Rows.Edit(row));
                }
            }
        }

        internal void Advance(TimeSpan time)
        {
            _time += (long)time.TotalMicroseconds;
            _state.Advance(_time);
        }

        internal Alone Reloaded()
        {
            var bytes = new MemoryStream();
            var writer = new StateWriter(bytes);
            _state.Image()(writer);
            writer.Flush();
            bytes.Position = 0;
            var second = new Alone(_key) { _time = _time };
            second._context.LoadedRows = FoldedHistory.Items;
            for (var row = 0; row < FoldedHistory.Items; row++)
            {
                var words = second._context.Rows.Edit(row);
                _context.Rows.Read(row).CopyTo(words);
                words.Cells().Slice(_state.Front, _state.FillsCells ? _state.Cells : 0).Clear();
                words.Slice(_state.Offset, _state.FillsWords ? _state.Words : 0).Clear();
                Assert.True(second._state is not IRestoredRows restored || restored.Restore(words));
            }

            second._state.Load(new StateReader(bytes));
            Assert.Equal(bytes.Length, bytes.Position);
            return second;
        }

        internal IEnumerable<string> Text() =>
            [.. _state.Freeze(_time).Canonical(new CanonicalItems(FoldedHistory.Items, row => $"i{row}", _context.Rows.Freeze()))];
    }
}
