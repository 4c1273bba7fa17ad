using Millrace.Features.PointInTime;

namespace Millrace.FeatureBuild;

/// <summary>Why decisions could not be brought back, in words.</summary>
internal static class NotVisitedWords
{
    public static string Say(this NotVisited reason) => reason switch
    {
        NotVisited.Late => "their records stand further behind than the horizon",
        NotVisited.EpochUnknown => "their epochs were not recorded, or retention took them",
        NotVisited.OtherDefinitions => "taken under other definitions",
        NotVisited.PersonPassed => "a decision before knew more of the same person",
        NotVisited.Erased => "their persons were erased",
        NotVisited.OldRecord => "an earlier release took them, and did not record what they knew",
        NotVisited.HistoryShort => "retention took what their features look back on",
        NotVisited.JournalShort => "the journal ends before what they knew: it was cut, or copied in part",
        _ => reason.ToString(),
    };
}
