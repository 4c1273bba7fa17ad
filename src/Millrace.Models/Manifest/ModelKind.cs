using System.Text.Json.Serialization;

namespace Millrace.Models.Manifest;

/// <summary>What a model's file is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelKind>))]
public enum ModelKind
{
    /// <summary>LightGBM's text.</summary>
    [JsonStringEnumMemberName("lightgbm")]
    LightGbm,

    /// <summary>XGBoost's JSON.</summary>
    [JsonStringEnumMemberName("xgboost")]
    Xgboost,

    /// <summary>A Bayesian linear model.</summary>
    [JsonStringEnumMemberName("linear")]
    Linear,
}
