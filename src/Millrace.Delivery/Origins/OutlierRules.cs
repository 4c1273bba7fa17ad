namespace Millrace.Delivery.Origins;

/// <summary>Who of a group stands out from the others: pure functions of what each did in an interval.</summary>
internal static class OutlierRules
{
    /// <summary>So many standard errors from the others' share is no accident: once in 30,000 looks at a clean member.</summary>
    private const double StandardErrors = 4;

    /// <summary>Whether a member is an outlier among all.</summary>
    /// <param name="all">What each member did.</param>
    /// <param name="index">The member in question.</param>
    /// <param name="options">From where on something is one.</param>
    public static bool IsOutlier(ReadOnlySpan<MemberWindow> all, int index, EjectionOptions options) =>
        all[index].Requests >= options.MinRequests && (FailsMore(all, index, options) || IsSlower(all, index, options));

    /// <summary>A share of failures above the bound, and above that of the others taken together by four standard errors of the difference.</summary>
    private static bool FailsMore(ReadOnlySpan<MemberWindow> all, int index, EjectionOptions options)
    {
        var (own, requests, failures) = (all[index], 0, 0);
        foreach (var window in all)
        {
            requests += window.Requests;
            failures += window.Failures;
        }

        var (otherRequests, otherFailures) = (requests - own.Requests, failures - own.Failures);
        var share = (double)own.Failures / own.Requests;
        if (options.FailureShare <= 0 || share < options.FailureShare || otherRequests == 0)
        {
            return false;
        }

        var others = (double)otherFailures / otherRequests;
        var pooled = (double)failures / requests;
        var error = Math.Sqrt(pooled * (1 - pooled) * ((1.0 / own.Requests) + (1.0 / otherRequests)));
        return share > others && (error == 0 || share - others >= StandardErrors * error);
    }

    /// <summary>A 95th percentile of several times the members' median one.</summary>
    private static bool IsSlower(ReadOnlySpan<MemberWindow> all, int index, EjectionOptions options)
    {
        if (options.LatencyFactor <= 0 || all[index].P95 < options.LatencyFloor)
        {
            return false;
        }

        List<TimeSpan> judged = [];
        foreach (var window in all)
        {
            if (window.Requests >= options.MinRequests)
            {
                judged.Add(window.P95);
            }
        }

        // The lower median: of two members the faster one is the measure.
        judged.Sort();
        return judged.Count > 1 && all[index].P95 > judged[(judged.Count - 1) / 2] * options.LatencyFactor;
    }
}
