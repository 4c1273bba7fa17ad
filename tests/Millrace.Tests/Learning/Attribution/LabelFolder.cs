namespace Millrace.Tests.Learning.Attribution;

/// <summary>A folder that goes with its test.</summary>
internal sealed class LabelFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("millrace-labels-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
