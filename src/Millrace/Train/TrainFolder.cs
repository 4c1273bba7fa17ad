using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Learning.Training;

namespace Millrace.Train;

/// <summary>The directory of a training: each file is written beside, flushed and renamed, so that none is ever there in part. The model comes last.</summary>
internal sealed class TrainFolder : IDisposable
{
    internal const string Model = "model.txt";
    internal const string Calibration = "calibration.json";
    internal const string Report = "report.json";
    private const string Checkpoint = "checkpoint.json";
    private readonly string _path;
    private readonly FileStream _lock;

    /// <exception cref="IOException">Another training has it, or it cannot be made.</exception>
    internal TrainFolder(string path)
    {
        _path = Directory.CreateDirectory(path).FullName;
        try
        {
            _lock = new FileStream(At("train.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new IOException($"{path}: another training has this directory ({taken.Message})", taken);
        }
    }

    internal string At(string name) => Path.Combine(_path, name);

    internal void Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    internal void Write(string name, byte[] bytes)
    {
        using (var file = new FileStream(At(name + ".part"), FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(At(name + ".part"), At(name), overwrite: true);
    }

    internal void Delete(string name)
    {
        File.Delete(At(name + ".part"));
        File.Delete(At(name));
    }

    internal void Save(TrainCheckpoint checkpoint) => Write(Checkpoint, JsonSerializer.Serialize(checkpoint, TrainCheckpointJson.Default.TrainCheckpoint));

    /// <summary>Where an interrupted training stood; null when there is none.</summary>
    /// <exception cref="InvalidDataException">What is there is none.</exception>
    internal TrainCheckpoint? Saved()
    {
        if (!File.Exists(At(Checkpoint)))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(At(Checkpoint)), TrainCheckpointJson.Default.TrainCheckpoint);
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{At(Checkpoint)} is damaged: {damaged.Message}. --restart begins anew", damaged);
        }
    }

    internal void Forget() => Delete(Checkpoint);

    public void Dispose()
    {
        File.Delete(At("train.lock"));
        _lock.Dispose();
    }
}

/// <summary>What an interrupted training goes on from.</summary>
/// <param name="Fingerprint">Of the examples and settings: with others it is not theirs.</param>
/// <param name="Settings">What a search chose, by LightGBM's names; null where none was asked for.</param>
/// <param name="Rate">And the rate of the first tree.</param>
/// <param name="State">The trees.</param>
internal sealed record TrainCheckpoint(string Fingerprint, ImmutableSortedDictionary<string, string> Settings, double Rate, TrainingState State);

[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainCheckpoint))]
internal sealed partial class TrainCheckpointJson : JsonSerializerContext;
