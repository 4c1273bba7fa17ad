using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.FeatureAt;

/// <summary>The features of an item, a user or a session as of a time.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Definitions">The fingerprint of the definitions that were read by.</param>
/// <param name="Folded">How many facts were folded.</param>
/// <param name="Features">By name.</param>
/// <param name="Notes">Why a node may have said something else, in words.</param>
internal sealed record EntityAnswer(EntityRequest Request, string Definitions, long Folded, ImmutableArray<FeatureValue> Features, ImmutableArray<string> Notes);

/// <summary>One feature.</summary>
/// <param name="Definition">Its definition.</param>
/// <param name="Value">What is read; NaN where it is missing.</param>
/// <param name="IsDefault">Whether the value is missing, and this is its default.</param>
/// <param name="States">What it was read from.</param>
internal sealed record FeatureValue(FeatureDefinition Definition, float Value, bool IsDefault, ImmutableArray<StateText> States);

/// <summary>A state that a feature was read from.</summary>
/// <param name="Key">Which, in words.</param>
/// <param name="Events">How many of the facts within its reach it wants; null for what no event changes.</param>
/// <param name="Holds">What stands in it: words of the item's row, or a person's section; empty when nothing does.</param>
internal sealed record StateText(string Key, long? Events, string Holds);
