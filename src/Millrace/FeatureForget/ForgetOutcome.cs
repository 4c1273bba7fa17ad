using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Millrace.FeatureForget;

/// <summary>What was found in the files of a build.</summary>
/// <param name="Kept">Whether the files stay as they are.</param>
/// <param name="Files">All that were looked through.</param>
internal sealed record ForgetOutcome(bool Kept, ImmutableArray<ForgottenFile> Files)
{
    /// <summary>Rows whose decisions the journal does not hold.</summary>
    public long UnknownRows => Files.Sum(file => (long)file.UnknownRows);

    /// <summary>Rows of erased persons.</summary>
    public long Rows => Files.Sum(file => (long)file.Rows);

    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        foreach (var file in Files.Where(file => file.Rows > 0 || file.UnknownRows > 0))
        {
            Line($"{file.Name}: {file.Rows:N0} rows of {file.Decisions:N0} decisions of erased persons{(file.UnknownRows > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {file.UnknownRows:N0} rows of {file.UnknownDecisions:N0} decisions that the journal does not hold") : "")}");
        }

        Line($"{Files.Sum(file => (long)file.All):N0} rows in {Files.Length:N0} files looked through; {Rows:N0} rows of erased persons {(Kept ? "stand there still" : "are gone")}");
        return text.ToString();
    }
}

/// <summary>What was found in one file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="All">All its rows.</param>
/// <param name="Decisions">Decisions whose persons were erased.</param>
/// <param name="Rows">Their rows.</param>
/// <param name="UnknownDecisions">Decisions that the journal does not hold.</param>
/// <param name="UnknownRows">Their rows.</param>
internal sealed record ForgottenFile(string Name, int All, int Decisions, int Rows, int UnknownDecisions, int UnknownRows);
