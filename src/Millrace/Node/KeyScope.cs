namespace Millrace.Node;

/// <summary>What the holder of a key may do.</summary>
internal enum KeyScope
{
    /// <summary>Everything on the admin listener, and on the api listener.</summary>
    Admin,

    /// <summary>Everything on the api listener.</summary>
    Api,

    /// <summary>Sending events: the scope of keys in browsers, which everybody can read.</summary>
    Events,
}
