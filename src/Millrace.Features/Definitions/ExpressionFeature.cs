using System.Collections.Immutable;
using Millrace.Features.Expressions;

namespace Millrace.Features.Definitions;

/// <summary>A formula over other features: <c>{name, entity: item, expr: "clicks / (impressions + 10)"}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">What it is a value of.</param>
/// <param name="Text">The formula.</param>
public sealed record ExpressionFeature(string Name, FeatureEntity Of, string Text) : FeatureDefinition(Name)
{
    private Expression? _expression = Expression.Parse(Text).Expression;

    /// <summary>The formula.</summary>
    public string Text
    {
        get;
        init => (field, _expression) = (value, Expression.Parse(value).Expression);
    } = Text;

    public override FeatureEntity Entity => Of;

    public override ImmutableArray<string> Inputs => _expression?.Names ?? [];

    /// <summary>Equal texts mean equal features.</summary>
    public bool Equals(ExpressionFeature? other) => base.Equals(other) && Of == other.Of && Text == other.Text;

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Of, Text);

    internal override IEnumerable<string> Faults() => Expression.Parse(Text).Faults.Select(fault => $"expr: {fault}");

    internal override void Read(in FeatureRead read, Span<float> column) =>
        _expression!.Run(new Columns(read), read.Doubles(_expression.ScratchLength), column);

    private readonly ref struct Columns(FeatureRead read) : IExpressionInputs
    {
        private readonly FeatureRead _read = read;

        public ReadOnlySpan<float> Input(int index) => _read.Input(index);
    }
}
