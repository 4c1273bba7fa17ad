namespace Millrace.Soak.Content;

/// <summary>What an object's answers are like.</summary>
internal enum ContentKind
{
    /// <summary>Bytes that no coding makes smaller.</summary>
    Plain,

    /// <summary>Text, which the cache may compress.</summary>
    Text,

    /// <summary>Text in three languages, by Vary: Accept-Language.</summary>
    Language,

    /// <summary>Text that the origin itself sends in gzip to who accepts it.</summary>
    Coded,

    /// <summary>Each answer is its own, and says no-store.</summary>
    Unstorable,

    /// <summary>Each answer is its own, says max-age and sets a cookie.</summary>
    Cookie,
}
