using Millrace.Cli;

return await MillraceCommand.RunAsync(args, TimeProvider.System, Console.Out, Console.Error);
