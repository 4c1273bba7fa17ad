using Millrace.Soak.Content;

namespace Millrace.Soak.Oracle;

/// <summary>A purge that all nodes acknowledged.</summary>
/// <param name="Names">Whether it names an object.</param>
/// <param name="Sent">Before the first node was told.</param>
/// <param name="Acknowledged">After the last answered.</param>
internal sealed record SoakPurge(string What, Func<SoakObject, bool> Names, bool IsSoft, double Sent, double Acknowledged);

/// <summary>The purges that hold.</summary>
internal sealed class PurgeBook
{
    private readonly List<SoakPurge> _purges = [];

    public int Count
    {
        get
        {
            lock (_purges)
            {
                return _purges.Count;
            }
        }
    }

    public void Add(SoakPurge purge)
    {
        lock (_purges)
        {
            _purges.Add(purge);
        }
    }

    /// <summary>The last purge of an object that was acknowledged before a moment, of one of the modes; null when there is none.</summary>
    public SoakPurge? Last(SoakObject item, double before, bool isSoft)
    {
        lock (_purges)
        {
            return _purges.FindLast(purge => purge.IsSoft == isSoft && purge.Acknowledged < before && purge.Names(item));
        }
    }

    /// <summary>How many purges name an object.</summary>
    public int CountOf(SoakObject item)
    {
        lock (_purges)
        {
            return _purges.Count(purge => purge.Names(item));
        }
    }
}
