namespace Millrace.Models.Manifest;

/// <summary>Why a model is not taken: the closed set, in the order in which it is checked.</summary>
public enum ModelRefusal
{
    /// <summary>The file beside the model is no envelope, or not exactly one.</summary>
    EnvelopeMalformed,

    /// <summary>No trusted key has signed it.</summary>
    KeyUnknown,

    /// <summary>The key that it names did not sign these bytes.</summary>
    SignatureWrong,

    /// <summary>What was signed is no manifest of a format known here.</summary>
    ManifestMalformed,

    /// <summary>It is the manifest of another model or version than was asked for.</summary>
    NameDiffers,

    /// <summary>The model declares more bytes than the node takes.</summary>
    ModelTooLarge,

    /// <summary>The model's file is not there.</summary>
    ModelMissing,

    /// <summary>It has other bytes than were signed for, more or fewer.</summary>
    SizeDiffers,

    /// <summary>It has as many, and others.</summary>
    DigestDiffers,

    /// <summary>It is no model, or exceeds a bound.</summary>
    ModelMalformed,

    /// <summary>The model reads other features than the manifest says, or the hash is of others.</summary>
    FeaturesDiffer,

    /// <summary>The node's features mean something else than those that it learnt from.</summary>
    DefinitionsDiffer,
}

/// <summary>A model that was not taken.</summary>
public sealed class ModelRefusedException(ModelRefusal reason, string detail) : Exception($"{Word(reason)}: {detail}")
{
    public ModelRefusal Reason => reason;

    /// <summary>The reason as reports write it: <c>digest-differs</c>.</summary>
    public static string Word(ModelRefusal reason) => string.Concat(reason.ToString().Select(static (letter, at) =>
        char.IsAsciiLetterUpper(letter) ? $"{(at > 0 ? "-" : "")}{char.ToLowerInvariant(letter)}" : letter.ToString()));
}
