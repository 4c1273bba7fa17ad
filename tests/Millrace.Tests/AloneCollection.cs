namespace Millrace.Tests;

/// <summary>Tests that run for real seconds and judge what was brought about in them: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
