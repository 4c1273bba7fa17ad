namespace Millrace.Delivery;

/// <summary>The steps of a request's life, in the order of the longest way through them; <see cref="DeliveryCore"/> walks them.</summary>
internal enum RequestStep
{
    /// <summary>Finds the route by host and path.</summary>
    Route,

    /// <summary>Refuses loops, and drops the fields that never go forward.</summary>
    Guard,

    /// <summary>Takes the tag out, forms the key, and reads what the request asks of caches.</summary>
    Key,

    /// <summary>For a peer that has obeyed more purges: waits a moment until they have been obeyed here.</summary>
    CatchUp,

    /// <summary>Finds the copy in memory that the request selects.</summary>
    LookUp,

    /// <summary>Finds it on disk, which may have it.</summary>
    Recall,

    /// <summary>Decides what the copy is good for.</summary>
    Judge,

    /// <summary>Answers from the copy.</summary>
    Serve,

    /// <summary>Answers from the copy, and renews it behind the reply.</summary>
    ServeAndRenew,

    /// <summary>Asks the origin on behalf of all who want the object, validating the copy where there is one.</summary>
    Fetch,

    /// <summary>Hands the request to the origin and its response back, the cache standing aside.</summary>
    Pass,

    /// <summary>Says what went wrong.</summary>
    Fail,

    /// <summary>The response has ended; tells of it.</summary>
    Tell,
}
