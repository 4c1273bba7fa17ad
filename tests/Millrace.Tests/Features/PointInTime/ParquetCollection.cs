namespace Millrace.Tests.Features.PointInTime;

/// <summary>
/// Tests that write Parquet, one class at a time, as a process builds rows once at a time: beside other classes about one run in ten left a file that DuckDB refused ("Payload value bigger than allowed"), which
/// none of some thirty runs of the class by itself did, whatever shared arrays held. Writers that are cancelled in the middle of a page are what only tests have several of; the cause is not found.
/// </summary>
[CollectionDefinition(nameof(ParquetCollection))]
public sealed class ParquetCollection;
