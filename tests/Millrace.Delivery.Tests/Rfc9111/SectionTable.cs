using static Millrace.Delivery.Tests.Rfc9111.Step;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>A table of sentences: each case runs through the real plane, over sockets, on virtual time.</summary>
public abstract class SectionTable(ScenarioEdge edge) : IClassFixture<ScenarioEdge>
{
    /// <summary>Names a case by section and sentence.</summary>
    protected static TheoryDataRow<Scenario> Case(string section, string sentence, params Step[] steps)
    {
        Scenario scenario = new(section, sentence, steps);
        return new TheoryDataRow<Scenario>(scenario) { TestDisplayName = scenario.ToString() };
    }

    /// <summary>A first GET that fills the store, if the answer may be stored.</summary>
    protected static Step Stored(params string[] answer) => Get().Answers(answer).FromOrigin();

    protected Task RunAsync(Scenario scenario) => edge.RunAsync(scenario);
}
