using Millrace.Journal.Facts;

namespace Millrace.Learning.Attribution;

/// <summary>What became of the events of one outcome as a journal was read.</summary>
internal sealed class OutcomeCounts
{
    /// <summary>Taken.</summary>
    public long Events { get; private set; }

    /// <summary>Nobody vouches for them.</summary>
    public long Unvouched { get; private set; }

    /// <summary>Their persons did not consent to learning.</summary>
    public long Withheld { get; private set; }

    /// <summary>Their persons were erased.</summary>
    public long Erased { get; private set; }

    /// <summary>Their values are of another unit.</summary>
    public long OtherUnit { get; private set; }

    /// <summary>Whether an event counts; counted either way.</summary>
    public bool Takes(Observed observed, OutcomeDefinition outcome)
    {
        if (!observed.Counts)
        {
            (Withheld, Unvouched) = observed.Withheld ? (Withheld + 1, Unvouched) : (Withheld, Unvouched + 1);
            return false;
        }

        if (observed.Erased)
        {
            Erased++;
            return false;
        }

        if (outcome.Unit is { } unit && observed.Unit != unit)
        {
            OtherUnit++;
            return false;
        }

        Events++;
        return true;
    }
}
