using System.Text;
using CsCheck;
using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>The readers of fields: known values, and properties over any bytes.</summary>
public class ParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Bytes that look like fields often enough to get somewhere.</summary>
    private static readonly Gen<byte[]> Fields = Gen.OneOf(
        Gen.Byte.Array[0, 40],
        OneOf("max-age", "=", "\"", ",", ";", "60", " ", "\t", "?1", "(", ")", ":", "@", "a", "*", "no-cache", "bytes=", "-", "0", "1.5", "q=", "en", "W/", "\\", "'", "GMT", "Mon").Array[0, 12].Select(static parts => Encoding.Latin1.GetBytes(string.Concat(parts))));

    [Theory]
    [InlineData("Mon, 23 Nov 2026 12:00:00 GMT", true)]
    [InlineData("MON, 23 nov 2026 12:00:00 gmt", true)]
    [InlineData("Tue, 23 Nov 2026 12:00:00 GMT", true)]
    [InlineData("Monday, 23-Nov-26 12:00:00 GMT", true)]
    [InlineData("Mon Nov 23 12:00:00 2026", true)]
    [InlineData("Mon, 23 Nov 2026 11:59:60 GMT", false)]
    [InlineData("Mon, 23 Nov 2026 12:00:00 UTC", false)]
    [InlineData("Mon, 23 Nov 2026 12:00:00 CET", false)]
    [InlineData("Mon, 23 Nov 26 12:00:00 GMT", false)]
    [InlineData("Mon 23 Nov 2026 12:00:00 GMT", false)]
    [InlineData("Mon, 23  Nov 2026 12:00:00 GMT", false)]
    [InlineData("Mon, 23-Nov-2026 12:00:00 GMT", false)]
    [InlineData("Mon, 23 Nov 2026 12.00.00 GMT", false)]
    [InlineData("Mon, 23 Nov 2026 2:00:00 GMT", false)]
    [InlineData("Mon, 31 Feb 2026 12:00:00 GMT", false)]
    [InlineData("Mon, 23 Nov 2026 24:00:00 GMT", false)]
    [InlineData("Mon Nov  3 12:00:00 2026 GMT", false)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void A_date_has_one_of_three_forms(string text, bool isNow) => Assert.Equal(isNow, HttpDate.Parse(Encoding.Latin1.GetBytes(text), Now) == Now);

    [Fact]
    public void Every_date_comes_back_from_its_text() =>
        Gen.DateTimeOffset.Sample(static date =>
        {
            var whole = new DateTimeOffset(date.UtcDateTime.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
            Assert.Equal(whole, HttpDate.Parse(Encoding.Latin1.GetBytes(HttpDate.Format(whole)), Now));
        });

    [Theory]
    [InlineData("max-age=60", 60, false)]
    [InlineData("max-age=60;x=1, no-store", 60, true)]
    [InlineData("foo=(1 2;a \"b\");c, max-age=7", 7, false)]
    [InlineData("a=:AQI=:, b=tok/en:x, c=@1659578233, d=1.25, max-age=1", 1, false)]
    [InlineData("no-store=?0, max-age=60", 60, false)]
    [InlineData("max-age=60, max-age=70", 70, false)]
    [InlineData("MAX-AGE=60", null, false)]
    [InlineData("max-age=60, &&&&&", null, false)]
    [InlineData("max-age=\"60\"", null, false)]
    [InlineData("max-age =60", null, false)]
    [InlineData("max-age= 60", null, false)]
    [InlineData("max-age=60,", null, false)]
    [InlineData("max-age=1.5", null, false)]
    [InlineData("no-store=1", null, false)]
    [InlineData("max-age", null, false)]
    [InlineData("", null, false)]
    public void A_targeted_field_is_a_dictionary_or_nothing(string text, int? maxAge, bool noStore)
    {
        HeaderList headers = new();
        headers.Add("CDN-Cache-Control", text);
        headers.Add("Cache-Control", "private");
        var directives = ResponseDirectives.Parse(headers);
        Assert.Equal((maxAge is not null, maxAge, noStore, maxAge is null), (directives.Targeted, (int?)directives.MaxAge, directives.NoStore, directives.Private));
    }

    [Theory]
    [InlineData("accept-language", "en, de", "de,EN", true)]
    [InlineData("accept-language", "en;q=0.5, de", "de , en ;q=0.500,", true)]
    [InlineData("accept-language", "en;q=0.5, de", "en, de;q=0.5", false)]
    [InlineData("accept-language", "en;q=2, de", "de, en;q=2", false)]
    [InlineData("accept-encoding", "gzip, br", "br,GZIP", true)]
    [InlineData("accept-encoding", "gzip, br;q=0", "gzip", false)]
    [InlineData("foo", "1,2", " 1, 2 ", true)]
    [InlineData("foo", "1, 2", "2, 1", false)]
    [InlineData("foo", "a", "A", false)]
    [InlineData("foo", "\"a, b\"", "\"a,b\"", false)]
    [InlineData("user-agent", "x (a, b)", "x (a,b)", false)]
    [InlineData("cookie", "a=1, 2", "a=1,2", false)]
    public void Selecting_fields_are_the_same_when_their_syntax_says_so(string name, string one, string other, bool same) =>
        Assert.Equal(same, Normal(name, one) == Normal(name, other));

    [Fact]
    public void Normal_forms_are_their_own_normal_form_and_ignore_how_lines_are_split() =>
        Gen.Select(OneOf("accept-language", "accept-encoding", "foo", "cookie"), OneOf("en", "de;q=0.5", "x;y=1", "", "\"a,b\"", " fr ", "*;q=0").Array[1, 6]).Sample((name, members) =>
        {
            var normal = Normal(name, string.Join(",", members));
            Assert.Equal(normal, Normal(name, [.. members]));
            Assert.True(name != "foo" || Normal(name, normal!) == normal);
        });

    [Theory]
    [InlineData("bytes=0-0", "0+1")]
    [InlineData("BYTES=0-0", "0+1")]
    [InlineData("bytes=-3", "997+3")]
    [InlineData("bytes=-3000", "0+1000")]
    [InlineData("bytes=400-", "400+600")]
    [InlineData("bytes=400-9999", "400+600")]
    [InlineData("bytes=0-9, 500-509", "0+10 500+10")]
    [InlineData("bytes=500-509, 0-9", "500+10 0+10")]
    [InlineData("bytes=0-9, 50-59", "0+60")]
    [InlineData("bytes=0-99, 300-399, 90-310", "0+400")]
    [InlineData("bytes=0-9,,500-509,", "0+10 500+10")]
    [InlineData("bytes=2000-, 0-9", "0+10")]
    [InlineData("bytes=0-99999999999999999999999", "0+1000")]
    [InlineData("bytes=1000-", "416")]
    [InlineData("bytes=-0", "416")]
    [InlineData("bytes=99999999999999999999999-", "416")]
    [InlineData("bytes=5-4", "whole")]
    [InlineData("bytes=0-9, 5-4", "whole")]
    [InlineData("bytes=a-b", "whole")]
    [InlineData("bytes=--1", "whole")]
    [InlineData("bytes=", "whole")]
    [InlineData("bytes", "whole")]
    [InlineData("items=0-9", "whole")]
    [InlineData("bytes=0-0,100-100,200-200,300-300,400-400,500-500,600-600,700-700,800-800,900-900,1-1,2-2,3-3,4-4,5-5,6-6,7-7", "whole")]
    public void A_range_set_is_read_within_bounds(string field, string expected)
    {
        var ranges = new ByteRange[RangeSet.Max];
        var answer = RangeSet.Read(Encoding.Latin1.GetBytes(field), 1000, ranges, out var count);
        Assert.Equal(expected, answer switch
        {
            RangeAnswer.Whole => "whole",
            RangeAnswer.Unsatisfiable => "416",
            _ => string.Join(' ', ranges.Take(count).Select(static range => $"{range.First}+{range.Length}")),
        });
    }

    [Fact]
    public void Ranges_cover_what_was_asked_for_once() =>
        Gen.Select(Gen.Int[0, 999], Gen.Int[0, 200]).Array[1, RangeSet.Max].Sample(specs =>
        {
            var ranges = new ByteRange[RangeSet.Max];
            var field = "bytes=" + string.Join(", ", specs.Select(static spec => $"{spec.Item1}-{spec.Item1 + spec.Item2}"));
            Assert.Equal(RangeAnswer.Partial, RangeSet.Read(Encoding.Latin1.GetBytes(field), 1000, ranges, out var count));
            var given = ranges.Take(count).ToArray();
            Assert.All(specs, spec => Assert.Single(given, range => range.First <= spec.Item1 && Math.Min(1000, spec.Item1 + spec.Item2 + 1) <= range.End));
            Assert.All(given, range => Assert.True(range is { First: >= 0, Length: > 0, End: <= 1000 }));
            Assert.True(given.Sum(static range => range.Length) <= 1000, "no byte twice");
        });

    [Theory]
    [InlineData("bytes 0-4/10", 0, 4, 10)]
    [InlineData("bytes 5-9/10", 5, 9, 10)]
    [InlineData("bytes 5-9/*", 5, 9, -1)]
    [InlineData("bytes 5-10/10", -1, 0, 0)]
    [InlineData("bytes 5-4/10", -1, 0, 0)]
    [InlineData("bytes */10", -1, 0, 0)]
    [InlineData("bytes 0-4", -1, 0, 0)]
    [InlineData("items 0-4/10", -1, 0, 0)]
    [InlineData("bytes 0-4/x", -1, 0, 0)]
    public void A_content_range_makes_sense_or_is_none(string field, long first, long last, long size)
    {
        HeaderList headers = new();
        headers.Add("Content-Range", field);
        Assert.Equal(first < 0 ? null : new ContentRange(first, last, size < 0 ? null : size), ContentRange.Of(headers));
    }

    [Theory]
    [InlineData("ETag: \"a\"", "ETag: \"a\"", true)]
    [InlineData("ETag: \"a\"", "ETag: \"b\"", false)]
    [InlineData("ETag: W/\"a\"", "ETag: W/\"a\"", false)]
    [InlineData("ETag: \"a\"", "Last-Modified: Mon, 23 Nov 2026 11:00:00 GMT", false)]
    [InlineData("Last-Modified: Mon, 23 Nov 2026 11:00:00 GMT", "Last-Modified: Mon, 23 Nov 2026 11:00:00 GMT", true)]
    [InlineData("Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT", "Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT", false)]
    [InlineData("X: 1", "X: 1", false)]
    public void Parts_combine_on_the_same_strong_validator_alone(string stored, string partial, bool expected) =>
        Assert.Equal(expected, Combining.AreOfOneRepresentation(Head(stored), Head(partial), Now));

    [Fact]
    public void A_combined_head_has_the_newer_fields_but_those_of_the_part()
    {
        var combined = Combining.Combine(Head("A: 1", "B: 1", "Content-Length: 10"), Head("A: 2", "A: 3", "Content-Length: 5", "Content-Range: bytes 0-4/10"));
        Assert.Equal(("2, 3", "1", "10", null), (combined.Combined("A"), combined.First("B"), combined.First("Content-Length"), combined.First("Content-Range")));
    }

    [Fact]
    public void No_reader_throws_whatever_it_is_given() =>
        Fields.Sample(static bytes =>
        {
            HttpDate.Parse(bytes, Now);
            RangeSet.Read(bytes, 100, new ByteRange[RangeSet.Max], out _);
            var text = Encoding.Latin1.GetString(bytes);
            foreach (var name in (string[])["Cache-Control", "CDN-Cache-Control", "Surrogate-Control", "Vary", "Accept-Language", "Content-Range", "Age", "Expires", "Date", "Pragma"])
            {
                HeaderList headers = new();
                headers.Add(name, text);
                var directives = ResponseDirectives.Parse(headers);
                RequestDirectives.Parse(headers);
                ContentRange.Of(headers);
                var freshness = FreshnessRules.Of(200, headers, directives, Now, Now);
                Assert.True(freshness.Lifetime >= TimeSpan.Zero && freshness.InitialAge >= TimeSpan.Zero);
                Normal("accept-language", text);
            }
        }, iter: 20_000);

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(at => texts[at]);

    private static string? Normal(string name, params string[] lines)
    {
        HeaderList request = new();
        foreach (var line in lines)
        {
            request.Add(name, line);
        }

        var wire = Encoding.Latin1.GetBytes(name);
        var room = new byte[SelectingField.RoomFor(request, FieldNames.Of(name), wire)];
        var length = SelectingField.Write(request, FieldNames.Of(name), wire, room);
        return length < 0 ? null : Encoding.Latin1.GetString(room, 0, length);
    }

    private static HeaderList Head(params string[] lines)
    {
        HeaderList headers = new();
        headers.Add("Date", HttpDate.Format(Now));
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(line[..colon], line[(colon + 2)..]);
        }

        return headers;
    }
}
