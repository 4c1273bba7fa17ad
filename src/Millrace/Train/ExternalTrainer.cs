using System.Diagnostics;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;

namespace Millrace.Train;

/// <summary>
/// A command that trains in LightGBM's place: it gets the examples as Parquet and hands back a LightGBM or XGBoost model, which is read like any other before it counts. It gets three
/// arguments after its own: the examples, where the model is to be written, and the objective.
/// </summary>
/// <param name="Command">The command and its arguments, separated by spaces; no shell reads it unless asked.</param>
/// <param name="Time">It is killed, with its children, when it takes longer.</param>
/// <param name="Shell">Whether <c>sh -c</c> reads the command, which finds the three as $1, $2 and $3.</param>
/// <param name="Objective">What is to be predicted, as LightGBM names it.</param>
internal sealed record ExternalTrainer(string Command, TimeSpan Time, bool Shell, string Objective)
{
    internal async Task<Trained> TrainAsync(IExamples examples, TimeSlices slices, Action<string> say, CancellationToken cancellation)
    {
        var work = Directory.CreateTempSubdirectory("millrace-external-");
        try
        {
            var (rows, model) = (Path.Combine(work.FullName, "examples.parquet"), Path.Combine(work.FullName, "model"));
            var counts = await ExampleParquet.WriteAsync(examples, slices, rows, cancellation);
            await RunAsync([rows, model, Objective], say, cancellation);
            return File.Exists(model)
                ? new Trained(ForestFile.ReadBytes(model), counts)
                : throw new TrainingException($"'{Command}' ended well, and wrote no model to the path of its second argument");
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private async Task RunAsync(string[] arguments, Action<string> say, CancellationToken cancellation)
    {
        string[] words = Shell ? ["/bin/sh", "-c", Command, "sh"] : Command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var start = new ProcessStartInfo(words[0]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var word in words.Skip(1).Concat(arguments))
        {
            start.ArgumentList.Add(word);
        }

        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(Time);
        using var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, line) => Say(line.Data);
        process.OutputDataReceived += (_, line) => Say(line.Data);
        void Say(string? line)
        {
            if (line is not null) say(line);
        }

        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new TrainingException($"'{words[0]}' cannot be run: {missing.Message}");
        }

        process.StandardInput.Close();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new TrainingException($"'{Command}' took longer than {Time}, and was killed: --external-time says how long it may take");
        }

        if (process.ExitCode != 0)
        {
            throw new TrainingException($"'{Command}' ended with exit code {process.ExitCode}");
        }
    }
}
