namespace Millrace.Models.Trees;

/// <summary>Which values a split sends its default way. The numbers are LightGBM's.</summary>
public enum MissingRule : byte
{
    /// <summary>None: NaN is read as 0.</summary>
    None = 0,

    /// <summary>NaN, and everything within 1e-35 of 0.</summary>
    Zero = 1,

    /// <summary>NaN.</summary>
    NaN = 2,
}
