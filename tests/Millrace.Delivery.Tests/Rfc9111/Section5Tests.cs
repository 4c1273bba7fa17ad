using static Millrace.Delivery.Tests.Rfc9111.Step;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>RFC 9111 §5: the fields. §5.1 (Age) and §5.3 (Expires) stand with the arithmetic that they serve, in §4.2.</summary>
public class Section5Tests(ScenarioEdge edge) : SectionTable(edge)
{
    public static IEnumerable<TheoryDataRow<Scenario>> Parsing() =>
    [
        Case("§5.2", "directives are matched without case", Stored("Cache-Control: MaX-aGe=60"), Get().FromCache()),
        Case("§5.2", "no-store is matched without case", Stored("Cache-Control: max-age=60, No-StOrE"), Get().FromOrigin()),
        Case("§5.2", "no-cache is matched without case", Stored("Cache-Control: max-age=60, NO-cache"), Get().FromOrigin()),
        Case("§5.2", "an argument may be quoted", Stored("Cache-Control: max-age=\"60\""), Get().FromCache()),
        Case("§5.2", "what stands in a quoted string is no directive", Stored("Cache-Control: a=\"no-store, max-age=0\", max-age=60"), Get().FromCache()),
        Case("§5.2", "what stands in a quoted string is no directive, behind the real one", Stored("Cache-Control: max-age=1, a=\"max-age=60\""), Get().After(2).FromOrigin()),
        Case("§5.2", "an escaped quote does not end a string", Stored("Cache-Control: a=\"\\\", no-store, \", max-age=60"), Get().FromCache()),
        Case("§5.2", "several lines are one list", Stored("Cache-Control: max-age=60", "Cache-Control: no-store"), Get().FromOrigin()),
        Case("§5.2", "empty members do not count", Stored("Cache-Control: , ,max-age=60,, ,"), Get().FromCache()),
        Case("§5.2", "a directive whose name begins like another is another", Stored("Cache-Control: max-age=60, no-store-x, private2"), Get().FromCache()),
        Case("§5.2", "what a request and a response say is passed on", Get("Cache-Control: max-age=60, x=y").Answers("Cache-Control: max-age=60, z").FromOrigin().Sent("Cache-Control: max-age=60, x=y").GivesField("Cache-Control: max-age=60, z")),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Requests() =>
    [
        Case("§5.2.1.1", "max-age: an older response is not wanted", Stored("Cache-Control: max-age=60"), Get("Cache-Control: max-age=5").After(6).FromOrigin()),
        Case("§5.2.1.1", "max-age: a younger one is", Stored("Cache-Control: max-age=60"), Get("Cache-Control: max-age=5").After(4).FromCache()),
        Case("§5.2.1.1", "max-age=0 asks for validation", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("Cache-Control: max-age=0").After(1).Answers(304).Revalidated()),
        Case("§5.2.1.1", "without max-stale nothing stale is wanted", Stored("Cache-Control: max-age=60, stale-while-revalidate=60"), Get("Cache-Control: max-age=600").After(61).FromOrigin()),
        Case("§5.2.1.2", "max-stale takes a stale response", Stored("Cache-Control: max-age=60"), Get("Cache-Control: max-stale").After(1000).FromCache().GivesField("Age: 1000")),
        Case("§5.2.1.2", "max-stale=n takes one stale by n", Stored("Cache-Control: max-age=60"), Get("Cache-Control: max-stale=20").After(80).FromCache()),
        Case("§5.2.1.2", "max-stale=n takes none stale by more", Stored("Cache-Control: max-age=60"), Get("Cache-Control: max-stale=20").After(81).FromOrigin()),
        .. from directive in (string[])["must-revalidate", "proxy-revalidate", "s-maxage=60", "no-cache"]
           select Case("§5.2.1.2", $"max-stale does not outweigh {directive}", Stored($"Cache-Control: max-age=60, {directive}"), Get("Cache-Control: max-stale").After(61).FromOrigin()),
        Case("§5.2.1.3", "min-fresh wants so much freshness left", Stored("Cache-Control: max-age=60"), Get("Cache-Control: min-fresh=20").After(39).FromCache(), Get("Cache-Control: min-fresh=20").After(2).FromOrigin()),
        Case("§5.2.1.3", "min-fresh counts what Age has taken", Stored("Cache-Control: max-age=60", "Age: 50"), Get("Cache-Control: min-fresh=20").FromOrigin()),
        Case("§5.2.1.4", "no-cache asks for validation", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("Cache-Control: no-cache").Answers(304, "ETag: \"v1\"").Revalidated()),
        Case("§5.2.1.4", "no-cache without a validator asks for the whole", Stored("Cache-Control: max-age=60"), Get("Cache-Control: no-cache").FromOrigin()),
        Case("§5.2.1.5", "no-store: MUST NOT store any part of the answer", Get("Cache-Control: no-store").Answers("Cache-Control: max-age=60").FromOrigin(), Get().FromOrigin()),
        Case("§5.2.1.6", "no-transform: the bytes are the origin's", Get("Cache-Control: no-transform").Answers("Cache-Control: max-age=60", "Content-Type: text/plain").FromOrigin()),
        Case("§5.2.1.7", "only-if-cached gets what is stored", Stored("Cache-Control: max-age=60"), Get("Cache-Control: only-if-cached").FromCache()),
        Case("§5.2.1.7", "only-if-cached gets 504 when nothing is", Get("Cache-Control: only-if-cached").FromCache().Gives(504)),
        Case("§5.2.1.7", "only-if-cached gets 504 when what is stored is stale", Stored("Cache-Control: max-age=60"), Get("Cache-Control: only-if-cached").After(61).FromCache().Gives(504)),
        Case("§5.2.1.7", "only-if-cached with max-stale takes the stale", Stored("Cache-Control: max-age=60"), Get("Cache-Control: only-if-cached, max-stale").After(61).FromCache()),
        Case("§5.2.1", "an unreadable max-age is taken as the strictest", Stored("Cache-Control: max-age=60"), Get("Cache-Control: max-age=x").After(1).FromOrigin()),
        Case("§5.2.1", "an unknown directive changes nothing", Stored("Cache-Control: max-age=60"), Get("Cache-Control: foo=bar").FromCache()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Responses() =>
    [
        Case("§5.2.2.1", "max-age says when a response is stale", Stored("Cache-Control: max-age=10"), Get().After(9).FromCache(), Get().After(1).FromOrigin()),
        Case("§5.2.2.2", "must-revalidate: a fresh response needs no validation", Stored("Cache-Control: max-age=60, must-revalidate"), Get().After(59).FromCache()),
        Case("§5.2.2.2", "must-revalidate: a stale one MUST be validated", Stored("Cache-Control: max-age=60, must-revalidate", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated()),
        Case("§5.2.2.2", "must-revalidate: MUST generate an error when the origin cannot be reached", Stored("Cache-Control: max-age=60, must-revalidate"), Get().After(61).HangsUp().Gives(502)),
        Case("§5.2.2.3", "must-understand: no-store beside it is overlooked for a status that is understood", Stored("Cache-Control: max-age=60, no-store, must-understand"), Get().FromCache()),
        Case("§5.2.2.3", "must-understand: no-store beside it holds for one that is not", Get().Answers(599, "Cache-Control: max-age=60, no-store, must-understand").FromOrigin(), Get().Answers(599).FromOrigin()),
        Case("§5.2.2.4", "no-cache: MUST NOT be used without validation, fresh or not", Stored("Cache-Control: max-age=60, no-cache", "Expires: {now+60}"), Get().FromOrigin()),
        Case("§5.2.2.4", "no-cache: stored all the same, and validated", Stored("Cache-Control: no-cache", "ETag: \"v1\""), Get().Answers(304, "ETag: \"v1\"").Revalidated().Gives(200, "answer 1")),
        Case("§5.2.2.4", "no-cache with names: the rest is used without validation", Stored("Cache-Control: no-cache=\"X\", max-age=60", "X: 1"), Get().FromCache().GivesNo("X")),
        Case("§5.2.2.4", "no-cache with a name as a token is accepted", Stored("Cache-Control: no-cache=X, max-age=60", "X: 1"), Get().FromCache().GivesNo("X")),
        Case("§5.2.2.4", "no-cache with what is no name counts as without", Stored("Cache-Control: no-cache=\"a b\", max-age=60"), Get().FromOrigin()),
        Case("§5.2.2.4", "no-cache with and without names counts as without", Stored("Cache-Control: no-cache=\"X\", no-cache, max-age=60"), Get().FromOrigin()),
        Case("§5.2.2.5", "no-store: MUST NOT be stored, whatever else is said", Stored("Cache-Control: no-store, public, max-age=60", "Expires: {now+60}"), Get().FromOrigin()),
        Case("§5.2.2.6", "no-transform: the bytes are the origin's", Stored("Cache-Control: max-age=60, no-transform"), Get("Accept-Encoding: gzip").FromCache().Gives(200, "answer 1").GivesNo("Content-Encoding")),
        Case("§5.2.2.7", "private: a shared cache MUST NOT store", Stored("Cache-Control: private, max-age=60, s-maxage=60"), Get().FromOrigin()),
        Case("§5.2.2.7", "private with names: the rest may be stored", Stored("Cache-Control: private=\"X\", max-age=60", "X: 1"), Get().FromCache().GivesNo("X")),
        Case("§5.2.2.7", "private with names MUST NOT give them to others after validation either",
            Stored("Cache-Control: private=\"X\", max-age=60", "ETag: \"v1\"", "X: 1"), Get().After(61).Answers(304, "ETag: \"v1\"", "Cache-Control: private=\"X\", max-age=60").Revalidated().GivesNo("X")),
        Case("§5.2.2.7", "private with an empty list counts as without", Stored("Cache-Control: private=\"\", max-age=60"), Get().FromOrigin()),
        Case("§5.2.2.8", "proxy-revalidate: a stale response MUST be validated by a shared cache", Stored("Cache-Control: max-age=60, proxy-revalidate", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated()),
        Case("§5.2.2.9", "public: the answer to an authorized request may be stored", Get("Authorization: Basic x").Answers("Cache-Control: public, max-age=60").FromOrigin(), Get().FromCache()),
        Case("§5.2.2.9", "public beside no-store opens nothing", Stored("Cache-Control: public, no-store, max-age=60"), Get().FromOrigin()),
        Case("§5.2.2.10", "s-maxage overrides max-age and Expires", Stored("Cache-Control: max-age=1, s-maxage=60", "Expires: {now-1}"), Get().After(59).FromCache()),
        Case("§5.2.2.10", "s-maxage=0 overrides them too", Stored("Cache-Control: max-age=60, s-maxage=0"), Get().FromOrigin()),
        Case("§5.2.2.10", "s-maxage has proxy-revalidate's meaning", Stored("Cache-Control: s-maxage=60"), Get().After(61).HangsUp().Gives(502)),
        Case("§5.2.3", "community extensions are ignored", Stored("Cache-Control: max-age=60, a, b=c, d=\"e, f\""), Get().FromCache()),
        Case("RFC 8246 §2", "immutable: a fresh response is not validated", Stored("Cache-Control: max-age=60, immutable", "ETag: \"v1\""), Get().After(59).FromCache()),
        Case("RFC 8246 §2", "immutable: a stale one is", Stored("Cache-Control: max-age=60, immutable", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated()),
        Case("RFC 8246 §2", "immutable: a client's no-cache is obeyed", Stored("Cache-Control: max-age=60, immutable", "ETag: \"v1\""), Get("Cache-Control: no-cache").Answers(304, "ETag: \"v1\"").Revalidated()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Others() =>
    [
        Case("§5.4", "Pragma: no-cache in a request counts as Cache-Control: no-cache where that field is absent", Stored("Cache-Control: max-age=60"), Get("Pragma: no-cache").FromOrigin()),
        Case("§5.4", "Pragma does not count beside Cache-Control", Stored("Cache-Control: max-age=60"), Get("Pragma: no-cache", "Cache-Control: x").FromCache()),
        Case("§5.4", "an unknown Pragma changes nothing", Stored("Cache-Control: max-age=60"), Get("Pragma: foo").FromCache()),
        Case("§5.4", "Pragma in a response says nothing", Stored("Cache-Control: max-age=60", "Pragma: no-cache"), Get().FromCache()),
        Case("§5.5", "Warning is obsolete: none is made for what is stale", Stored("Cache-Control: max-age=60"), Get().After(61).HangsUp().Gives(200, "answer 1").GivesNo("Warning")),
        Case("§5.5", "Warning is obsolete: the origin's is passed on like any field", Stored("Cache-Control: max-age=60", "Warning: 299 - x"), Get().FromCache().GivesField("Warning: 299 - x")),
    ];

    [Theory, MemberData(nameof(Parsing)), MemberData(nameof(Requests)), MemberData(nameof(Responses)), MemberData(nameof(Others))]
    public Task Fields(Scenario scenario) => RunAsync(scenario);
}
