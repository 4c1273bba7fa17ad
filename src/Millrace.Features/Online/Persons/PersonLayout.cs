using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Features.Definitions;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>Which sections the state of a session and of a user has: two that deciding itself reads, then those of the features. Immutable.</summary>
public sealed class PersonLayout
{
    /// <summary>The section of the last clicks.</summary>
    internal const int Recent = 0;

    /// <summary>The section of what was seen and need not be shown again.</summary>
    internal const int Seen = 1;

    /// <summary>How many seen items are kept, unless a set says otherwise.</summary>
    internal const int MostSeen = 100;

    private const string SeenEvents = "click conversion hide report";

    // As long as anything of a person that no feature asks for; a month, over which people come back to a site.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private readonly ImmutableArray<PersonKey>[] _keys;
    private readonly PersonState[][] _states;

    internal PersonLayout(IEnumerable<PersonKey> keys, int seen = MostSeen)
    {
        PersonKey[] all = [.. keys];
        _keys = [.. Enum.GetValues<PersonEntity>().Select(of => Base(of, seen).Concat(all.Where(key => key.Of == of)).Distinct().ToImmutableArray())];
        _states = [.. _keys.Select(of => of.Select(key => key.Create()).ToArray())];
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', _keys.SelectMany(of => of)))).AsSpan(0, 8));
    }

    /// <summary>The sections of a person, in their order.</summary>
    internal ImmutableArray<PersonKey> Keys(PersonEntity of) => _keys[(int)of];

    /// <summary>How far back anything of a person looks.</summary>
    internal TimeSpan Reach(PersonEntity of) => _keys[(int)of].Max(key => key.Reach);

    /// <summary>How far back features look at a person; zero when none does.</summary>
    internal TimeSpan FeatureReach(PersonEntity of) => _keys[(int)of].Skip(Seen + 1).Select(key => key.Reach).DefaultIfEmpty().Max();

    /// <summary>Sixteen hexadecimal digits, equal for equal sections.</summary>
    internal string Fingerprint { get; }

    internal int IndexOf(PersonKey key) => _keys[(int)key.Of].IndexOf(key);

    internal PersonState State(PersonEntity of, int section) => _states[(int)of][section];

    /// <summary>Folds an event into the state of one person.</summary>
    /// <returns>Whether any section wanted it.</returns>
    internal bool Apply(PersonEntity of, in FoldedEvent folded, PersonBlob blob)
    {
        var wanted = false;
        var states = _states[(int)of];
        for (var i = 0; i < states.Length; i++)
        {
            if (states[i].Wants(folded.Event))
            {
                states[i].Apply(folded, new SectionEditor(blob, i));
                wanted = true;
            }
        }

        return wanted;
    }

    /// <summary>Whether any section of a person wants the event.</summary>
    internal bool Wants(PersonEntity of, Observed observed)
    {
        foreach (var state in _states[(int)of])
        {
            if (state.Wants(observed.Event))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<PersonKey> Base(PersonEntity of, int seen) =>
    [
        new ItemHistoryKey(of, "click", FeatureOptions.MostRecent, Kept),
        new ItemHistoryKey(of, SeenEvents, seen, Kept),
    ];
}
