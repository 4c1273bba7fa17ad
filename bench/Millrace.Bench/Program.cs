using Millrace.Bench.JournalAppend;

// One line per benchmark: dotnet run -c Release --project bench/Millrace.Bench -- <name> [arguments]
return args switch
{
    ["journal", .. var rest] => await JournalAppendBench.RunAsync(rest.FirstOrDefault() ?? Directory.CreateTempSubdirectory("millrace-bench-").FullName, rounds: 1),
    ["journal-writer", var directory, var run] => await JournalWriter.WriteAsync(directory, run),
    ["journal-check", var directory, var acknowledged] => await JournalWriter.CheckAsync(directory, acknowledged),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench journal [DIRECTORY] | journal-writer DIRECTORY RUN | journal-check DIRECTORY ACKNOWLEDGED");
    return 2;
}
