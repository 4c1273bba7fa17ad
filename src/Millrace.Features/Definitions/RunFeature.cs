using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How long the present run of clicks is: <c>{name, entity: session, run: items}</c>. It ends after the idle time of sessions; at most its last 20 items are known.</summary>
/// <param name="Name">Its name.</param>
/// <param name="As">In what it is measured.</param>
public sealed record RunFeature(string Name, RunRead As = RunRead.Items) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Session;

    internal override IEnumerable<string> Faults() => [];

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var run = read.Person.Run(read.Asked);
        column.Fill(As == RunRead.Items ? run.Length : run.IsEmpty ? 0 : (float)(Math.Max(0, read.Asked.Value - run[^1].Time) / 60e6));
    }
}

/// <summary>How the length of a run is read.</summary>
public enum RunRead
{
    /// <summary>How many different items were clicked.</summary>
    Items,

    /// <summary>Minutes since the first click that is known.</summary>
    Minutes,
}
