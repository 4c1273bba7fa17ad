using Millrace.Soak;

try
{
    return await new SoakRun(SoakOptions.Parse(args)).RunAsync();
}
catch (FormatException fault)
{
    Console.Error.WriteLine($"{fault.Message}\nusage: soak [MINUTES [SEED]] [--objects N] [--rate N] [--clients N] [--max-bytes N] [--plant swap|old|mix|leak|stale|purge] [--edge-purges] [--calm] [--work DIR]");
    return 2;
}
