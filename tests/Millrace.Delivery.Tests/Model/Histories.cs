using CsCheck;

namespace Millrace.Delivery.Tests.Model;

/// <summary>Random histories. The plain comes first in each choice, so that what shrinks becomes plain.</summary>
internal static class Histories
{
    private static readonly string[] ResponseControls =
    [
        "max-age=60", "max-age=10", "", "max-age=60, must-revalidate", "s-maxage=30, max-age=5", "max-age=5, s-maxage=60", "no-cache", "max-age=60, no-cache", "no-store", "private, max-age=60",
        "public", "public, max-age=10", "max-age=10, stale-while-revalidate=30", "max-age=10, stale-if-error=60", "max-age=10, proxy-revalidate", "max-age=10, must-revalidate",
        "max-age=60, no-cache=\"X-Private\"", "max-age=60, private=\"x-private\"", "max-age=0", "MAX-AGE=60", "max-age=\"60\"", "max-age=60, max-age=5", "max-age=5, max-age=60", "max-age=-1", "max-age=1.5",
        "max-age=99999999999999", "max-age=60, unknown, other=\"a, no-store\"", "no-store, must-understand, max-age=60", "s-maxage=10", "max-age=60, immutable", ", ,max-age=60,", "max-age=10, stale-while-revalidate=30, must-revalidate",
        "s-maxage=0, max-age=60", "max-age=60, no-cache=\"\"", "max-age = 60", "no-storex, max-age=60", "max-age=60,no-store",
    ];

    private static readonly (string, string)[][] RequestControls =
    [
        [], [], [], [], [("Cache-Control", "no-cache")], [("Cache-Control", "no-store")], [("Cache-Control", "max-age=0")], [("Cache-Control", "max-age=20")], [("Cache-Control", "min-fresh=20")],
        [("Cache-Control", "max-stale")], [("Cache-Control", "max-stale=30")], [("Cache-Control", "only-if-cached")], [("Cache-Control", "only-if-cached, max-stale")], [("Pragma", "no-cache")],
        [("Cache-Control", "max-age=20, max-stale=30")], [("cache-control", "NO-CACHE")], [("Cache-Control", "min-fresh=100")], [("Authorization", "Basic Zm9vOmJhcg==")],
        [("Authorization", "Basic Zm9vOmJhcg=="), ("Cache-Control", "max-age=20")],
    ];

    private static readonly (string, string)[][] RequestConditions =
    [
        [], [], [], [], [], [], [("If-None-Match", "\"v0-all\"")], [("If-None-Match", "\"x\", W/\"v1-all\"")], [("If-None-Match", "*")], [("If-Modified-Since", "now+0")], [("If-Modified-Since", "now-5000")],
        [("Range", "bytes=0-4")], [("Range", "bytes=5-")], [("Range", "bytes=-3")], [("Range", "bytes=9999-")], [("Range", "bytes=0-4"), ("If-Range", "\"v0-all\"")], [("Range", "bytes=2-6"), ("If-Range", "\"old\"")],
        [("If-None-Match", "\"v0-a\""), ("Range", "bytes=0-4")], [("Range", "bytes=0-4, 200-204")], [("Range", "bytes=200-204,0-1,1-3")], [("Range", "bytes=9999-, 0-4, 200-204")],
        [("Range", "bytes=9999-,8888-")], [("Range", "bytes=0-4, 200-204"), ("If-Range", "\"v0-all\"")],
    ];

    private static readonly (string, string)[][] ResponseExtras =
    [
        [], [], [], [], [("Expires", "now+20")], [("Expires", "now-20")], [("Expires", "0")], [("Age", "8")], [("Age", "30")], [("Age", "x")], [("Vary", "X-Kind")], [("Vary", "x-kind, Accept-Language")], [("Vary", "*")],
        [("Expires", "now+20"), ("Expires", "now+90")], [("Cache-Control", "max-age=5")], [("Location", "/other")], [("Set-Cookie", "a=b")], [("Age", "8"), ("Vary", "X-Kind")], [("Connection", "X-Private")],
        [("Set-Cookie", "a=b")], [("Content-Location", "self")], [("Content-Location", "self"), ("Expires", "now+20")],
        [("CDN-Cache-Control", "max-age=60")], [("CDN-Cache-Control", "max-age=10"), ("Expires", "now+90")], [("CDN-Cache-Control", "no-store")], [("CDN-Cache-Control", "private")], [("CDN-Cache-Control", "no-cache")],
        [("CDN-Cache-Control", "max-age=30, must-revalidate")], [("CDN-Cache-Control", "max-age=60,")], [("CDN-Cache-Control", "max-age=\"60\"")], [("CDN-Cache-Control", "Max-Age=60")],
        [("CDN-Cache-Control", "max-age=5, max-age=30")], [("CDN-Cache-Control", "unknown, max-age=20, stale-while-revalidate=30")], [("CDN-Cache-Control", "max-age=20"), ("CDN-Cache-Control", "no-store")],
    ];

    private static readonly Gen<(string, string)[]> Selecting = Pick<(string, string)[]>(
        [], [], [("X-Kind", "a")], [("X-Kind", "b")], [("X-Kind", "a"), ("Accept-Language", "de")], [("Accept-Language", "de, en")], [("Accept-Language", "de,en")]);

    private static readonly Gen<Behaviour> Behaviours = Gen.Select(
        Gen.Frequency((24, Gen.Const(200)), (6, Pick(404, 301, 302, 204, 410, 203, 307)), (4, Pick(500, 503, 0, 502, 504)), (1, Pick(299, 403, 418))),
        Pick(ResponseControls),
        Pick(ResponseExtras),
        Pick(Validator.Strong, Validator.None, Validator.Weak, Validator.Modified, Validator.StrongAndModified),
        Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))),
        Gen.Frequency((8, Gen.Const<int?>(0)), (1, Pick<int?>(-7, 7, -100, null))),
        Gen.Frequency((8, Gen.Const(0)), (1, Pick(3, 8))),
        static (status, control, extras, validator, changes, skew, delay) =>
            new Behaviour(status, control.Length == 0 ? extras : [("Cache-Control", control), .. extras], validator, changes, skew, delay));

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency((3, Pick(0, 1, 2, 3)), (4, Pick(5, 6, 9, 10, 11, 20, 29, 30, 31)), (2, Pick(45, 59, 60, 61, 90, 200))),
        Gen.Frequency((18, Gen.Const('a')), (2, Gen.Const('b')), (2, Gen.Const('s')), (1, Gen.Const('w'))),
        Gen.Frequency((20, Gen.Const("GET")), (3, Gen.Const("HEAD")), (2, Gen.Const("POST")), (2, Pick("POST", "PUT", "DELETE", "PATCH", "BREW", "OPTIONS"))),
        Gen.Select(Pick(RequestControls), Pick(RequestConditions), Selecting, static (control, conditions, selecting) => ((string, string)[])[.. control, .. conditions, .. selecting]),
        Behaviours,
        static (seconds, target, method, fields, origin) => new Step(seconds, target, method, fields, origin));

    /// <summary>Some have another client ask at the same moment.</summary>
    private static readonly Gen<Step> MaybeTwo = Gen.Select(
        Steps, Steps, Gen.Frequency((7, Gen.Const(false)), (1, Gen.Const(true))),
        static (step, other, isTwo) => isTwo ? step with { Meanwhile = other with { Seconds = 0, Target = step.Target } } : step);

    /// <summary>Two to nine steps upon targets of three routes.</summary>
    public static Gen<Step[]> Any { get; } = MaybeTwo.Array[2, 9];

    /// <summary>One of these, the first of which counts as the smallest.</summary>
    private static Gen<T> Pick<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);
}
