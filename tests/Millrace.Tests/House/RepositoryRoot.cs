namespace Millrace.Tests.House;

/// <summary>Finds the checkout by walking up to the solution file: [CallerFilePath] is rewritten in deterministic builds.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    /// <summary>The folder of real data beside the checkout, or null where it is absent.</summary>
    public static string? SharedData
    {
        get
        {
            var data = System.IO.Path.Combine(Path, "..", "shared", "data");
            return Directory.Exists(data) ? System.IO.Path.GetFullPath(data) : null;
        }
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Millrace.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("Millrace.slnx was not found above the test assembly.");
    }
}
