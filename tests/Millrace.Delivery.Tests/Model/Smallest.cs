namespace Millrace.Delivery.Tests.Model;

/// <summary>Makes a failing history small: leaves out a step, a field or an oddity for as long as it still fails.</summary>
internal static class Smallest
{
    private static readonly Behaviour Plain = new(200, [], Validator.None, false, 0, 0);

    /// <summary>The story of the smallest history found that is not allowed.</summary>
    public static async Task<string> OfAsync(HistoryRunner runner, Step[] steps, string story)
    {
        for (var isSmaller = true; isSmaller;)
        {
            isSmaller = false;
            foreach (var candidate in Smaller(steps))
            {
                if (await runner.RunAsync(candidate) is { } fault)
                {
                    (steps, story, isSmaller) = (candidate, fault, true);
                    break;
                }
            }
        }

        return story;
    }

    private static IEnumerable<Step[]> Smaller(Step[] steps)
    {
        for (var i = steps.Length - 1; i >= 0; i--)
        {
            yield return [.. steps[..i], .. steps[(i + 1)..]];
        }

        for (var i = 0; i < steps.Length; i++)
        {
            foreach (var simpler in Simpler(steps[i]))
            {
                yield return [.. steps[..i], simpler, .. steps[(i + 1)..]];
            }
        }
    }

    private static IEnumerable<Step> Simpler(Step step)
    {
        var origin = step.Origin;
        for (var i = 0; i < step.Fields.Length; i++)
        {
            yield return step with { Fields = [.. step.Fields[..i], .. step.Fields[(i + 1)..]] };
        }

        for (var i = 0; i < origin.Fields.Length; i++)
        {
            yield return step with { Origin = origin with { Fields = [.. origin.Fields[..i], .. origin.Fields[(i + 1)..]] } };
        }

        if (step.Meanwhile is { } other)
        {
            yield return step with { Meanwhile = null };
            foreach (var simpler in Simpler(other))
            {
                yield return step with { Meanwhile = simpler };
            }
        }

        if (step.Seconds > 0)
        {
            yield return step with { Seconds = 0 };
        }

        Behaviour[] plainer = [origin with { Status = Plain.Status }, origin with { Validator = Plain.Validator }, origin with { Changes = false }, origin with { Skew = 0 }, origin with { Delay = 0 }];
        foreach (var one in plainer.Where(one => one != origin))
        {
            yield return step with { Origin = one };
        }
    }
}
