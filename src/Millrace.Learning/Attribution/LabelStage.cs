using System.Collections.Immutable;
using DuckDB.NET.Data;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Learning.DuckDb;

namespace Millrace.Learning.Attribution;

/// <summary>
/// What a build read of a journal, in tables of a database that stands in a folder of the build and goes with it: as compact as columns are, and sealed from nobody, hence persons by keyed
/// names only.
/// </summary>
internal sealed class LabelStage : IDisposable
{
    private const int MostPlaces = 1 << 16;

    private readonly ImmutableArray<OutcomeDefinition> _outcomes;
    private readonly Func<string, long> _personOf;
    private readonly ILookup<string, int> _byEvent;
    private readonly DuckDBAppender _placed;
    private readonly DuckDBAppender _events;
    private readonly DuckDBAppender _delivered;
    private long _decisions;
    private long _observed;
    private long _deliveries;

    /// <param name="store">Takes the tables; the caller's to dispose.</param>
    /// <param name="outcomes">Which events are kept.</param>
    /// <param name="personOf">A keyed name of a user or session.</param>
    public LabelStage(DuckDbSession store, ImmutableArray<OutcomeDefinition> outcomes, Func<string, long> personOf)
    {
        (_outcomes, _personOf) = (outcomes, personOf);
        _byEvent = Enumerable.Range(0, outcomes.Length).ToLookup(outcome => outcomes[outcome].Event, StringComparer.Ordinal);
        store.Execute("""
            create table placed_raw (place bigint, seq bigint, key bigint, decision varchar, time bigint, item varchar, slot varchar, rank integer, twin boolean, usr bigint, session bigint,
                surface varchar, policy varchar, model varchar, propensity double, explorable boolean, explored boolean, rung integer, mode varchar);
            create table events_raw (seq bigint, id bigint, outcome integer, key bigint, time bigint, received bigint, item varchar, slot varchar, rank integer, value bigint, usr bigint, session bigint);
            create table delivered_raw (seq bigint, id bigint, key bigint, time bigint, item varchar, rank integer, delivery varchar, ttfb_us bigint)
            """);
        (_placed, _events, _delivered) = (store.Appender("placed_raw"), store.Appender("events_raw"), store.Appender("delivered_raw"));
        Counts = [.. outcomes.Select(_ => new OutcomeCounts())];
    }

    /// <summary>By outcome, what was left out on the way in.</summary>
    public ImmutableArray<OutcomeCounts> Counts { get; }

    /// <summary>Decisions of persons who were erased: they have no labels.</summary>
    public long Erased { get; private set; }

    /// <summary>Takes what a decision placed.</summary>
    /// <param name="decided">The decision.</param>
    /// <param name="time">When it was taken.</param>
    public void Add(Decided decided, UnixMicros time)
    {
        if (decided.Erased)
        {
            Erased++;
            return;
        }

        var (seq, place, key) = (_decisions++, 0, Key(decided.Id));
        var (user, session) = (PersonOf(decided.User), PersonOf(decided.Session));
        foreach (var slot in decided.Slots)
        {
            for (var i = 0; i < slot.Items.Length && place < MostPlaces; i++, place++)
            {
                var item = slot.Items[i];
                var row = _placed.CreateRow().AppendValue((seq * MostPlaces) + place).AppendValue(seq).AppendValue(key).AppendValue(decided.Id).AppendValue(time.Value)
                    .AppendValue(item.Item).AppendValue(slot.Slot).AppendValue(i + 1).AppendValue(IsTwin(decided, item.Item))
                    .AppendValue(user).AppendValue(session).AppendValue(decided.Surface).AppendValue(decided.Policy);
                row = decided.Model is null ? row.AppendNullValue() : row.AppendValue(decided.Model);
                row.AppendValue(item.Propensity).AppendValue(item.Explorable).AppendValue(item.Explored).AppendValue(decided.Rung).AppendValue(decided.Mode).EndRow();
            }
        }
    }

    /// <summary>Takes an event, when one of some outcomes may be it.</summary>
    /// <param name="observed">The event.</param>
    /// <param name="isWanted">Whether it may be an outcome of decisions that are built.</param>
    public void Add(Observed observed, Func<OutcomeDefinition, bool> isWanted)
    {
        var seq = _observed++;
        foreach (var outcome in _byEvent[observed.Event])
        {
            if (isWanted(_outcomes[outcome]) && Counts[outcome].Takes(observed, _outcomes[outcome]))
            {
                var row = _events.CreateRow().AppendValue(seq).AppendValue(Key(observed.Id)).AppendValue(outcome);
                row = observed.Decision is { } decision ? row.AppendValue(Key(decision)) : row.AppendNullValue();
                row = row.AppendValue(observed.Time.Value).AppendValue(observed.Received.Value).AppendValue(observed.Item);
                row = observed.Slot is { } slot ? row.AppendValue(slot) : row.AppendNullValue();
                row.AppendValue(observed.Rank).AppendValue(observed.ValueMicros.GetValueOrDefault());

                // Who is asked only of events that say of no decision that they are its own.
                row.AppendValue(observed.Decision is null ? PersonOf(observed.User) : null).AppendValue(observed.Decision is null ? PersonOf(observed.Session) : null).EndRow();
            }
        }
    }

    /// <summary>Takes how a body was delivered, when it says of which decision.</summary>
    public void Add(Delivered delivered)
    {
        if (delivered.Decision is { } decision && delivered.Item is { } item)
        {
            _delivered.CreateRow().AppendValue(_deliveries++).AppendValue(Key(delivered.Id)).AppendValue(Key(decision)).AppendValue(delivered.Time.Value).AppendValue(item).AppendValue(delivered.Rank)
                .AppendValue(delivered.Outcome).AppendValue((long)delivered.TimeToFirstByte.TotalMicroseconds).EndRow();
        }
    }

    /// <summary>Makes what was taken readable; nothing more can be.</summary>
    public void Dispose()
    {
        _placed.Dispose();
        _events.Dispose();
        _delivered.Dispose();
    }

    private static long Key(string id) => unchecked((long)ItemHash.Of(id));

    private static bool IsTwin(Decided decided, string item)
    {
        var times = 0;
        foreach (var slot in decided.Slots)
        {
            foreach (var placed in slot.Items)
            {
                times += placed.Item == item ? 1 : 0;
            }
        }

        return times > 1;
    }

    private long? PersonOf(string? subject) => subject is null ? null : _personOf(subject);
}
