using Millrace.Bench.JournalAppend;

// One line per benchmark: dotnet run -c Release --project bench/Millrace.Bench -- <name> [arguments]
return args switch
{
    ["journal"] => await JournalAppendBench.RunAsync(Directory.CreateTempSubdirectory("millrace-bench-").FullName, only: ""),
    ["journal", var directory] => await JournalAppendBench.RunAsync(directory, only: ""),
    ["journal", var directory, var only] => await JournalAppendBench.RunAsync(directory, only),
    ["journal-writer", var directory, var run] => await JournalWriter.WriteAsync(directory, run),
    ["journal-check", var directory, var acknowledged] => await JournalWriter.CheckAsync(directory, acknowledged),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench journal [DIRECTORY [WORKLOAD]] | journal-writer DIRECTORY RUN | journal-check DIRECTORY ACKNOWLEDGED");
    return 2;
}
