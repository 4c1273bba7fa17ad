namespace Millrace.Decisions;

/// <summary>The number of the arithmetic that decides.</summary>
public static class Engine
{
    /// <summary>Raised whenever the same recorded inputs would give other answers; replays of other numbers say <c>engineChanged</c>.</summary>
    public const int Number = 2;
}
