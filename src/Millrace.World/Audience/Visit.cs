using Millrace.World.Items;

namespace Millrace.World.Audience;

/// <summary>One session of one user: several views with one intent. What they watched and read is its only state; it is used by one caller at a time.</summary>
public sealed class Visit
{
    private readonly HashSet<int> _read = [];

    internal Visit(int index, TimeSpan arrives, WorldUser user, int intent, int views)
    {
        Index = index;
        Arrives = arrives;
        User = user;
        Intent = intent;
        Views = views;
    }

    /// <summary>Its number, in order of arrival.</summary>
    public int Index { get; }

    /// <summary>When it begins, from the world's start.</summary>
    public TimeSpan Arrives { get; }

    /// <summary>Who visits.</summary>
    public WorldUser User { get; }

    /// <summary>The topic that they came for; hidden from the system, visible only in what they click.</summary>
    public int Intent { get; }

    /// <summary>How many views it has, at least 1.</summary>
    public int Views { get; }

    /// <summary>Whether they have already clicked this item during the visit.</summary>
    public bool HasRead(WorldItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return _read.Contains(item.Index);
    }

    /// <summary>How many of its views have been watched.</summary>
    internal int Watched { get; set; }

    internal void Read(WorldItem item) => _read.Add(item.Index);
}
