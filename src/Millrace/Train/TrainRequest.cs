using System.Collections.Immutable;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Search;
using Millrace.Learning.Training.Slices;

namespace Millrace.Train;

/// <summary>Which model is trained, and into what.</summary>
internal sealed record TrainRequest
{
    public required IExamples Examples { get; init; }

    /// <summary>What the examples are of, for the report: files, label, fingerprints.</summary>
    public required ImmutableSortedDictionary<string, string> Source { get; init; }

    public required SliceCuts Cuts { get; init; }

    public required TrainingSettings Settings { get; init; }

    /// <summary>What is done about how examples came to be seen.</summary>
    public BiasRemedies Remedies { get; init; } = new();

    /// <summary>The directory that takes the files.</summary>
    public required string Into { get; init; }

    /// <summary>The text of a LightGBM model that goes on learning; null for none.</summary>
    public string? First { get; init; }

    /// <summary>How many draws of parameters are tried; 0 for no search.</summary>
    public int Trials { get; init; }

    /// <summary>How long trials may take.</summary>
    public TimeSpan TrialTime { get; init; } = TimeSpan.FromHours(1);

    public ImmutableArray<SearchRange> Ranges { get; init; } = [];

    /// <summary>Whether what an interrupted training left is thrown away.</summary>
    public bool Restart { get; init; }

    /// <summary>What trains in LightGBM's place; null for none.</summary>
    public ExternalTrainer? External { get; init; }
}
