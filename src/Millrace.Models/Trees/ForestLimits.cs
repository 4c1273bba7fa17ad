namespace Millrace.Models.Trees;

/// <summary>How large a model file, and the forest in it, may be. What exceeds a bound is refused before anything of its size is allocated.</summary>
public sealed record ForestLimits
{
    /// <summary>The bounds where nothing else was said: forty times what ranking models of 1,000 trees with 63 leaves need.</summary>
    public static ForestLimits Default { get; } = new();

    /// <summary>Bytes of the file.</summary>
    public int Bytes { get; init; } = 256 << 20;

    /// <summary>Trees, over all classes.</summary>
    public int Trees { get; init; } = 20_000;

    /// <summary>Leaves of one tree.</summary>
    public int Leaves { get; init; } = 4_096;

    /// <summary>Leaves of all trees together.</summary>
    public int AllLeaves { get; init; } = 4_000_000;

    /// <summary>Splits between the root and a leaf: what an explanation costs grows with its square.</summary>
    public int Depth { get; init; } = 512;

    /// <summary>Features that the model was trained on.</summary>
    public int Features { get; init; } = 10_000;

    /// <summary>Classes of a multiclass model.</summary>
    public int Classes { get; init; } = 256;

    /// <summary>The largest category that a categorical split may name.</summary>
    public int Category { get; init; } = 1 << 20;
}
