using Millrace.Journal.Facts.Codec;

namespace Millrace.Journal.Facts;

/// <summary>What a fact may take, so that who makes facts of other people's input can judge it before it is appended.</summary>
public static class FactSize
{
    /// <summary>No fact takes more bytes, so that one record fits a reader's buffer.</summary>
    public const int Max = 1 << 20;

    /// <summary>How many bytes the fact takes at most when it is stored.</summary>
    public static int Of(Fact fact) => FactCodec.Measure(fact);
}

/// <summary>A fact takes more than <see cref="FactSize.Max"/> bytes: it can be stored shorter only.</summary>
public sealed class FactTooLongException(string id, int bytes)
    : ArgumentException($"fact {id}: expected at most {FactSize.Max} bytes, got {bytes}")
{
    /// <summary>What it would take.</summary>
    public int Bytes { get; } = bytes;
}
