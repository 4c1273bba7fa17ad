using System.Collections.Immutable;

namespace Millrace.Models.Trees;

/// <summary>A model of gradient-boosted trees as data: checked, immutable, independent of the library that trained it.</summary>
public sealed record Forest
{
    /// <summary>Where it came from: <c>lightgbm</c> or <c>xgboost</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The objective as the file words it; empty for none.</summary>
    public required string Objective { get; init; }

    /// <summary>The features that it was trained on, in its own order; names are distinct.</summary>
    public required ImmutableArray<string> Features { get; init; }

    /// <summary>In the order in which leaves are added; tree i adds to the score of class i mod <see cref="Classes"/> unless <see cref="ClassOfTree"/> says otherwise.</summary>
    public required ImmutableArray<Tree> Trees { get; init; }

    /// <summary>Scores per row: 1 unless it is a multiclass model.</summary>
    public int Classes { get; init; } = 1;

    /// <summary>The class that each tree adds to.</summary>
    public required ImmutableArray<int> ClassOfTree { get; init; }

    /// <summary>What each class's sum begins with: 0 in LightGBM, whose first trees hold it.</summary>
    public required ImmutableArray<double> Start { get; init; }

    /// <summary>Whether sums are rounded to a float after each tree, as XGBoost keeps them.</summary>
    public bool FloatSums { get; init; }

    /// <summary>What divides the sum before it is transformed: the number of iterations in a random forest, else 1.</summary>
    public int Divisor { get; init; } = 1;

    /// <summary>From sums to what the objective predicts.</summary>
    public required ForestTransform Transform { get; init; }

    /// <summary>The features that splits read, in ordinal order: the columns that it cannot do without.</summary>
    public ImmutableArray<string> FeaturesRead()
    {
        bool[] read = ForestColumns.ReadBySplits(this);
        return [.. Features.Where((_, i) => read[i]).Order(StringComparer.Ordinal)];
    }
}
