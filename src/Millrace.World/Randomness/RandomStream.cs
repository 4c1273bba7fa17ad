namespace Millrace.World.Randomness;

/// <summary>What a draw is for. Each purpose has its own sequence, so that one more draw here moves nothing there. The numbers never change.</summary>
internal enum RandomStream
{
    Item = 1,
    User = 2,
    Arrival = 3,
    Visit = 4,
    Think = 5,
    Click = 6,
    Dwell = 7,
    RandomSlate = 8,
    Page = 9,
    SegmentTaste = 10,
    Quality = 11,
}
