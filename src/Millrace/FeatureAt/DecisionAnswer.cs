using System.Collections.Immutable;
using Millrace.Features.PointInTime;
using Millrace.Journal.Facts;

namespace Millrace.FeatureAt;

/// <summary>A decision's matrix, as it was served and as the journal gives it again.</summary>
internal sealed record DecisionAnswer
{
    public required Decided Decided { get; init; }

    /// <summary>The fingerprint of the definitions that were read by.</summary>
    public required string Definitions { get; init; }

    /// <summary>The columns.</summary>
    public required ImmutableArray<string> Features { get; init; }

    /// <summary>The rows: candidates of a full record, the slate of a slim one.</summary>
    public required ImmutableArray<string> Items { get; init; }

    /// <summary>Row-major, as built again; empty when it could not be.</summary>
    public ImmutableArray<float> Built { get; init; } = [];

    /// <summary>Why it could not be built again; null when it was.</summary>
    public NotVisited? NotVisited { get; init; }

    /// <summary>The definitions of its epoch, where they are others.</summary>
    public OtherDefinitions? Others { get; init; }

    /// <summary>Whether no bound was hit on the way.</summary>
    public bool Whole { get; init; } = true;

    /// <summary>Row-major, as served; empty for a slim record.</summary>
    public ImmutableArray<float> Served => Decided.Inputs?.Matrix ?? [];

    /// <summary>How many cells differ.</summary>
    public int Different => Enumerable.Range(0, Built.Length).Count(Differs);

    /// <summary>Whether the caller supplied a cell's value, which no feature of ours explains.</summary>
    public bool IsGiven(int cell) => Decided.Inputs is { } inputs && inputs.Given.BinarySearch(cell) >= 0;

    /// <summary>Whether a cell's bits are others than those that were served.</summary>
    public bool Differs(int cell) => Served.Length > 0 && Built.Length > 0 && !IsGiven(cell)
        && !(float.IsNaN(Served[cell]) && float.IsNaN(Built[cell])) && BitConverter.SingleToInt32Bits(Served[cell]) != BitConverter.SingleToInt32Bits(Built[cell]);

    /// <summary>Where an item was placed, as <c>slot rank</c>; null when it was not.</summary>
    public (string Slot, int Rank)? PlaceOf(string item)
    {
        foreach (var slot in Decided.Slots)
        {
            for (var i = 0; i < slot.Items.Length; i++)
            {
                if (slot.Items[i].Item == item)
                {
                    return (slot.Slot, i + 1);
                }
            }
        }

        return null;
    }
}
