namespace Millrace.Features.PointInTime.Parquet;

/// <summary>How rows are cut into row groups and files.</summary>
public sealed record RowFileOptions
{
    /// <summary>Rows of a row group, which is what stands in memory; 65,536 of 30 features take 11 MB.</summary>
    public int GroupRows { get; init; } = 1 << 16;

    /// <summary>A file is rolled before it has more rows; a million of 30 features take about 90 MB.</summary>
    public long FileRows { get; init; } = 1 << 20;
}
