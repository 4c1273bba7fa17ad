using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Millrace.FeatureForget;

/// <summary>What was found in the files of a build.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Files">All that were looked through.</param>
/// <param name="Unread">Files of rows that were not.</param>
/// <param name="Unfinished">What killed builds and removals left.</param>
internal sealed record ForgetOutcome(ForgetRequest Request, ImmutableArray<ForgottenFile> Files, ImmutableArray<UnreadFile> Unread, ImmutableArray<string> Unfinished)
{
    /// <summary>Rows of erased persons.</summary>
    public long Rows => Files.Sum(file => (long)file.Rows);

    /// <summary>Whether no row is left that should go or of which nobody can tell, and every file was looked through.</summary>
    public bool IsClean => Files.Length > 0 && Unread.IsEmpty
        && (!Request.Keep || (Rows == 0 && Unfinished.IsEmpty))
        && (Drops(Request.DropUnknown) || Files.All(file => file.RetiredRows == 0))
        && (Drops(Request.DropUnreadable) || Files.All(file => file.UnknownRows == 0));

    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        foreach (var file in Files)
        {
            Say(file.Rows, file.Decisions, "of erased persons", dropped: !Request.Keep);
            Say(file.RetiredRows, file.RetiredDecisions, "that retention has taken", Drops(Request.DropUnknown));
            Say(file.UnknownRows, file.UnknownDecisions, "that the journal should hold and that cannot be found or read", Drops(Request.DropUnreadable));

            void Say(int rows, int decisions, string which, bool dropped)
            {
                if (rows > 0)
                {
                    Line($"{file.Name}: {rows:N0} rows of {decisions:N0} decisions {which}{(dropped ? "; they are gone" : "; they stand there still")}");
                }
            }
        }

        foreach (var name in Unfinished)
        {
            Line($"{name}: left by a run that was killed; it {(Request.Keep ? "stands there still" : "is gone")}");
        }

        foreach (var file in Unread)
        {
            Line($"{file.Name}: not looked through: {file.Why}");
        }

        Line($"{Files.Sum(file => (long)file.All):N0} rows in {Files.Length:N0} files looked through; {Rows:N0} rows of erased persons {(Request.Keep ? "stand there still" : "are gone")}");
        return text.ToString();
    }

    private bool Drops(bool asked) => asked && !Request.Keep;
}

/// <summary>What was found in one file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="All">All its rows.</param>
/// <param name="Decisions">Decisions whose persons were erased.</param>
/// <param name="Rows">Their rows.</param>
/// <param name="RetiredDecisions">Decisions that retention has taken.</param>
/// <param name="RetiredRows">Their rows.</param>
/// <param name="UnknownDecisions">Decisions that the journal should hold, and cannot be found or read.</param>
/// <param name="UnknownRows">Their rows.</param>
internal sealed record ForgottenFile(string Name, int All, int Decisions, int Rows, int RetiredDecisions, int RetiredRows, int UnknownDecisions, int UnknownRows);

/// <param name="Name">Its name.</param>
/// <param name="Why">What hindered it.</param>
internal sealed record UnreadFile(string Name, string Why);
