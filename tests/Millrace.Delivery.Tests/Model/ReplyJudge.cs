using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Delivery.Tests.Model;

/// <summary>Finds what explains one reply: an answer of the origin to this request, a validated or a reused stored response, or a failure. Pure.</summary>
internal sealed class ReplyJudge
{
    private readonly Served _served;
    private readonly bool _failed;
    private readonly StringBuilder _why = new();

    public ReplyJudge(Served served, IReadOnlyList<Fetched> own, IReadOnlyList<Held> held, bool failed)
    {
        _served = served;
        _failed = failed;
        Fault = IsForwarded(own, held) || IsReused(held) || IsMade() ? null : $"nothing explains it:{_why}";
    }

    public string? Fault { get; }

    /// <summary>Whether it came from the store without asking.</summary>
    public bool IsReuse { get; private set; }

    private Ask Ask => _served.Ask;

    private Answer Reply => _served.Answer;

    private bool IsForwarded(IReadOnlyList<Fetched> own, IReadOnlyList<Held> held)
    {
        foreach (var fetched in own)
        {
            if (fetched.Answer is not { } answer || (Reply.Id is { } id && id != answer.Id))
            {
                continue;
            }

            if (answer.Status == Reply.Status && (Ask.Is("HEAD") || answer.Body.AsSpan().SequenceEqual(Reply.Body)) && Differs(answer.Fields.EndToEnd(), Reply, isWhole: true, answer.Fields.Has("Date")) is null)
            {
                return true;
            }

            if (answer.Status == 304)
            {
                // Validated: a stored response with the 304's fields (§4.3.3, §4.3.4).
                if (held.Any(one => one.Latest == fetched && Renders(one, isReuse: false)))
                {
                    return true;
                }
            }
            else if (Renders(Held.Of(fetched), isReuse: false))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsReused(IReadOnlyList<Held> held)
    {
        foreach (var one in held.Where(one => one.Source.Ask.Target == Ask.Target && (Reply.Id is null || one.Id == Reply.Id)).Reverse())
        {
            if ((Forbidden(one) ?? Superseded(one, held) ?? WrongAge(one)) is { } forbidden)
            {
                _why.Append(CultureInfo.InvariantCulture, $"\n    not {one.Id}: {forbidden}");
            }
            else if (Renders(one, isReuse: true))
            {
                IsReuse = true;
                return true;
            }
        }

        return false;
    }

    /// <summary>What a cache may say of its own accord.</summary>
    private bool IsMade() => Reply.Id is null && Reply.Status switch
    {
        504 => _failed || Ask.Control.Has("only-if-cached"),
        502 or 503 => _failed,
        _ => false,
    };

    /// <summary>
    /// §4: why this stored response may not answer this request without validation. What a request's directives ask for is a preference (§5.2.1): held to
    /// while the origin answers, let go when the choice is between an old response and none.
    /// </summary>
    private string? Forbidden(Held held)
    {
        var (age, lifetime) = (held.AgeAt(_served.Sent), held.Lifetime);
        var stale = age - lifetime;

        // Collapsed: what came after this request was made is no stored response to it, and as new as its client could wish.
        var isShared = _served.Beside.Contains(held.Latest);
        return 0 switch
        {
            _ when !held.MayBeStored => "must not be stored (§3)",
            _ when held.Invalid => "invalidated (§4.4)",
            _ when !(Ask.Is("HEAD") || (Ask.Is("GET") && !held.Source.Ask.Is("HEAD"))) => "another method (§4)",
            _ when !held.Selects(Ask) => "Vary (§4.1)",
            _ when !isShared && !_failed && Ask.Control.Has("no-cache") => "the request said no-cache (§5.2.1.4)",
            _ when held.Control.HasWhole("no-cache") => "the response said no-cache (§5.2.2.4)",
            _ when !isShared && !_failed && Ask.Control.Seconds("max-age") < age && !Ask.Control.Has("max-stale") => "older than the request's max-age (§5.2.1.1)",
            _ when !isShared && !_failed && Ask.Control.Seconds("min-fresh") > lifetime - age => "not as long fresh as the request's min-fresh (§5.2.1.3)",
            _ when stale < 0 => null,
            _ when held.NeverStale => "stale, and never to be served so (§4.2.4)",
            _ when _failed => null,
            _ when Ask.Control.Has("max-stale") && (Ask.Control.HasWhole("max-stale") || Ask.Control.Seconds("max-stale") >= stale) => null,
            _ when held.Control.Seconds("stale-while-revalidate") >= stale => null,
            _ => $"stale by {stale} s (§4.2.4)",
        };
    }

    /// <summary>§4: of several that fit, the most recent by Date is to be used. What a request of the same moment brought may have come after this one had chosen; and what came later for a request like its own may have taken its place.</summary>
    private string? Superseded(Held held, IReadOnlyList<Held> all) =>
        all.FirstOrDefault(other => other.IsSurelyStored && !_served.Beside.Contains(other.Latest) && other.Latest.Order > held.Latest.Order && other.Learned > held.Learned && other.Date > held.Date
            && other.Source.Ask.Target == Ask.Target && other.Selects(Ask) && other.Source.Ask.Is("GET")
            && !all.Any(third => third.Learned > other.Learned && third.Source.Ask.Target == Ask.Target && third.Selects(other.Source.Ask))) is { } newer ? $"{newer.Id} is more recent (§4)" : null;

    /// <summary>§5.1: a stored response is sent with its age.</summary>
    private string? WrongAge(Held held)
    {
        if (!long.TryParse(Reply.Fields.First("Age"), NumberStyles.None, CultureInfo.InvariantCulture, out var said))
        {
            return "sent without Age (§4)";
        }

        var (least, most) = (held.AgeAt(_served.Sent), held.AgeAt(_served.Received) + held.Slack + (held.Behind ? 300 : 0));
        return said >= Math.Floor(Math.Min(least, 1L << 31)) && said <= Math.Ceiling(most) + 1 ? null : $"Age is {said}, not {least} (§4.2.3)";
    }

    /// <summary>Whether the reply is what this response becomes for the request: whole, a range of it, or 304.</summary>
    private bool Renders(Held held, bool isReuse)
    {
        // The front end dates what has no Date by the machine's clock, which is not that of the histories.
        var isDated = held.Latest.Answer!.Fields.Has("Date");
        var fields = held.Fields;
        if (isReuse)
        {
            fields = fields.Without(held.IsWithheld);
            if (Reply.Fields.Lines.Any(line => held.IsWithheld(line.Name)))
            {
                return Says(held, "sends a field that needs validation (§5.2.2.4)");
            }
        }
        else
        {
            fields = fields.Without(name => held.IsWithheld(name) && !Reply.Fields.Has(name));
        }

        bool? notModified = held.Status == 200 || CameWhole(held) ? Validators.NotModified(Ask.Fields, held.Fields) : false;
        if (Reply.Status == 304)
        {
            return notModified != false ? Differs(fields, Reply, isWhole: false, isDated) is not { } other || Says(held, other) : Says(held, "304 without a reason");
        }

        if (notModified == true && isReuse)
        {
            return Says(held, "the condition asks for 304 (RFC 9110 §13.1)");
        }

        var isBody = Ask.Is("HEAD") ? Reply.Body.Length == 0 : BodyFits(held);
        return isBody ? Differs(fields, Reply, Reply.Status == held.Status, isDated) is not { } differs || Says(held, differs) : Says(held, $"another body or status: {Reply.Status}");
    }

    private static bool CameWhole(Held held) => held.Status == 206 && held.Source.Answer!.Body.AsSpan().SequenceEqual(held.Source.Answer.Whole);

    private bool BodyFits(Held held)
    {
        var whole = held.Source.Answer!.Whole;
        if (Reply.Status == held.Status && held.Status != 206)
        {
            return Reply.Body.AsSpan().SequenceEqual(held.Source.Answer.Body);
        }

        if (Reply.Status == 200 && held.Status == 206)
        {
            // Completed from other parts, which only a strong validator permits; or all came in this one part, and is processed as a 200 (RFC 9111 §3.4).
            return (CameWhole(held) || Validators.Strong(held.ETag, held.ETag)) && Reply.Body.AsSpan().SequenceEqual(whole);
        }

        if (held.Status is not (200 or 206) || !Ask.Fields.Has("Range") || !Validators.RangeHolds(Ask.Fields, held.Fields))
        {
            return false;
        }

        if (ByteSpan.AllOf(Ask.Fields.First("Range")!, whole.Length) is not { } asked)
        {
            return false;
        }

        var parts = Reply.Status == 206 ? Parts(Reply) : [];
        return Reply.Status == 416 ? asked.Length == 0 && Reply.Fields.First("Content-Range") == $"bytes */{whole.Length}"
            : parts.Length > 0 && parts.All(part => part.Fits(whole) && part.IsMadeOf(asked)) && asked.All(one => parts.Any(part => part.Holds(one)));
    }

    /// <summary>The parts of a 206: one with its Content-Range in the head, or several (RFC 9110 §14.6).</summary>
    private static PartOfBody[] Parts(Answer reply)
    {
        var type = reply.Fields.First("Content-Type") ?? "";
        var boundary = Regex.Match(type, "^multipart/byteranges; *boundary=\"?([^\"]+)\"?$");
        if (!boundary.Success)
        {
            return PartOfBody.Read(reply.Fields.First("Content-Range"), reply.Body) is { } one ? [one] : [];
        }

        var text = Encoding.Latin1.GetString(reply.Body);
        var pieces = text.Split($"--{boundary.Groups[1].Value}");
        var parts = pieces.Length < 3 || pieces[^1].TrimEnd() != "--" ? [] : pieces[1..^1].Select(static piece =>
        {
            var body = piece.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var range = Regex.Match(piece, "^Content-Range: (.*)\r$", RegexOptions.Multiline | RegexOptions.IgnoreCase);
            return body < 0 || !range.Success ? null : PartOfBody.Read(range.Groups[1].Value, Encoding.Latin1.GetBytes(piece[(body + 4)..^2]));
        }).ToArray();
        return Array.Exists(parts, static part => part is null) ? [] : [.. parts.OfType<PartOfBody>()];
    }

    /// <summary>The first difference between the fields that a response has and those that were sent; what a cache adds of its own is let pass.</summary>
    private static string? Differs(Fields held, Answer reply, bool isWhole, bool isDated)
    {
        string[] own = ["Age", "Cache-Status", "Via", "Connection", "Content-Length", "Accept-Ranges", "Content-Range", "Transfer-Encoding", "Keep-Alive", "Content-Location"];

        // No history's origin says a type: one that is there is that of several ranges, or made up.
        bool Counts(string name) => !own.Any(other => Fields.Same(other, name)) && !(Fields.Same(name, "Date") && !isDated)
            && !(Fields.Same(name, "Content-Type") && reply.Status == 206 && reply.Fields.First(name)!.StartsWith("multipart/byteranges", StringComparison.Ordinal));
        var expected = held.Lines.Select(static line => line.Name.ToUpperInvariant()).Where(Counts).Distinct().ToArray();
        if (reply.Fields.Lines.FirstOrDefault(line => Counts(line.Name) && !expected.Contains(line.Name.ToUpperInvariant())) is { Name: not null } strange)
        {
            return $"adds {strange.Name}: {strange.Value}";
        }

        foreach (var name in expected.Where(name => isWhole || reply.Fields.Has(name)))
        {
            if (reply.Fields.Joined(name) != held.Joined(name))
            {
                return $"{name}: {reply.Fields.Joined(name)} for {held.Joined(name)}";
            }
        }

        return null;
    }

    private bool Says(Held held, string why)
    {
        _why.Append(CultureInfo.InvariantCulture, $"\n    not {held.Id}: {why}");
        return false;
    }
}
