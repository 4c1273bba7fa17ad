using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Features.Definitions;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>Which sections the state of a session and of a user has: two that deciding itself reads, then those of the features. Immutable, but for what it remembers of events. Thread-safe.</summary>
public sealed class PersonLayout
{
    /// <summary>The section of the last clicks.</summary>
    internal const int Recent = 0;

    /// <summary>The section of what was seen and need not be shown again.</summary>
    internal const int Seen = 1;

    /// <summary>How many seen items are kept, unless a set says otherwise.</summary>
    internal const int MostSeen = 100;

    private const string SeenEvents = "click\nconversion\nhide\nreport";

    /// <summary>A start reads so much more of the journal than features look back, for the sessions that were under way.</summary>
    public static readonly TimeSpan LongestSession = TimeSpan.FromDays(1);

    /// <summary>
    /// How far back the run of a session can reach, and nobody who is quiet is forgotten before. A late event may go on with what was before a pause; were people forgotten as soon as their run
    /// has ended, it would depend on who else came meanwhile. What was longer ago is of little interest, and a node has room for everybody of that time.
    /// </summary>
    internal static readonly TimeSpan LongestRun = TimeSpan.FromHours(2);

    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    private readonly ImmutableArray<PersonKey>[] _keys;
    private readonly PersonState[][] _states;

    // Of features alone: one may want a section that is equal to one of deciding's own, and then wants it for as long as it looks back.
    private readonly TimeSpan[] _featureReach;

    // By event, those that any section wants: replaced whole.
    private volatile (string Event, int[][] Sections)[] _wanting = [];

    internal PersonLayout(IEnumerable<PersonKey> keys, int seen = MostSeen, int fold = FeatureSet.FoldVersion)
    {
        Fold = fold;
        PersonKey[] all = [.. keys];
        _keys = [.. Enum.GetValues<PersonEntity>().Select(of => Base(of, seen).Concat(all.Where(key => key.Of == of)).Distinct().ToImmutableArray())];
        _featureReach = [.. Enum.GetValues<PersonEntity>().Select(of => all.Where(key => key.Of == of).Select(key => key.Reach).DefaultIfEmpty().Max())];
        _states = [.. _keys.Select(of => of.Select(key => key.Create()).ToArray())];
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [$"fold {fold}", .. _keys.SelectMany(of => of).Select(key => key.ToString())]))).AsSpan(0, 8));
    }

    /// <summary>The sections of a person, in their order.</summary>
    internal ImmutableArray<PersonKey> Keys(PersonEntity of) => _keys[(int)of];

    /// <summary>How far back anything of a person looks.</summary>
    internal TimeSpan Reach(PersonEntity of) => _keys[(int)of].Max(key => key.Reach);

    /// <summary>
    /// How long a person may be quiet before nothing that is known of it can be read any more, whoever asks: sections of features have their windows, and the two of deciding
    /// end with the longest run. The margin covers decisions that began before the latest fact came.
    /// </summary>
    /// <param name="of">A session or a user.</param>
    /// <param name="idle">After so long without a click a run has ended.</param>
    internal TimeSpan Kept(PersonEntity of, TimeSpan idle) => Margin + new[] { _featureReach[(int)of], idle, LongestRun }.Max();

    /// <summary>By which version of the fold sections are filled: <see cref="FeatureSet.FoldVersion"/>.</summary>
    internal int Fold { get; }

    /// <summary>Sixteen hexadecimal digits, equal for equal sections that are filled alike.</summary>
    internal string Fingerprint { get; }

    internal int IndexOf(PersonKey key) => _keys[(int)key.Of].IndexOf(key);

    internal PersonState State(PersonEntity of, int section) => _states[(int)of][section];

    /// <summary>Folds an event into the state of one person.</summary>
    /// <returns>Whether any section wanted it.</returns>
    internal bool Apply(PersonEntity of, in FoldedEvent folded, PersonBlob blob)
    {
        var states = _states[(int)of];
        var wanting = Wanting(of, folded.Event);
        foreach (var i in wanting)
        {
            states[i].Apply(folded, new SectionEditor(blob, i));
            if (i <= Seen)
            {
                blob.Ran = Math.Max(blob.Ran, folded.Fact.Received.Value == 0 ? folded.Time : folded.Fact.Received.Value);
            }
        }

        return wanting.Length > 0;
    }

    /// <summary>Whether any section of a person wants the event.</summary>
    internal bool Wants(PersonEntity of, Observed observed) => Wanting(of, observed.Event).Length > 0;

    /// <summary>The sections of a person that want an event.</summary>
    private int[] Wanting(PersonEntity of, string @event)
    {
        foreach (var (known, wanting) in _wanting)
        {
            if (known == @event)
            {
                return wanting[(int)of];
            }
        }

        // Names of events are the callers' own: those that nobody wants must not fill the memory, and are asked for each time.
        if (!IsWanted(@event))
        {
            return [];
        }

        // What two threads find at once is found again.
        int[][] found = [.. _states.Select(states => Enumerable.Range(0, states.Length).Where(i => states[i].Wants(@event)).ToArray())];
        _wanting = [.. _wanting, (@event, found)];
        return found[(int)of];
    }

    private bool IsWanted(string @event)
    {
        foreach (var states in _states)
        {
            foreach (var state in states)
            {
                if (state.Wants(@event))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static IEnumerable<PersonKey> Base(PersonEntity of, int seen) =>
    [
        new ItemHistoryKey(of, "click", FeatureOptions.MostRecent, LongestRun),
        new ItemHistoryKey(of, SeenEvents, seen, LongestRun),
    ];
}
