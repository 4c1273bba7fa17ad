namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>What importance weights say of a log: how much it knows of the judged policy.</summary>
internal sealed class WeightSums
{
    /// <summary>Persons are told apart up to so many.</summary>
    private const int MostPersons = 1_000;

    private readonly HashSet<ulong> _persons = [];
    private double _sum;
    private double _squares;
    private double _supported;

    public long Count { get; private set; }

    public double Greatest { get; private set; }

    /// <summary>Whose they are: so many persons, or more when it is 1,000.</summary>
    public int Persons => _persons.Count;

    /// <summary>How many had an outcome and a weight: what estimates live on.</summary>
    public long Outcomes { get; private set; }

    /// <summary>1 when the log covers the policy and its propensities are right, up to chance.</summary>
    public double Mean => Count == 0 ? double.NaN : _sum / Count;

    /// <summary>(Σw)²/Σw²: how many decisions of its own would tell as much.</summary>
    public double Effective => _squares > 0 ? _sum * _sum / _squares : 0;

    /// <summary>The standard error of <see cref="Mean"/>.</summary>
    public double Error => Count < 2 ? double.NaN : Math.Sqrt(Math.Max(0, (_squares / Count) - (Mean * Mean)) / (Count - 1));

    /// <summary>The share of the policy's probability that stands on what could have been logged.</summary>
    public double Covered => Count == 0 ? 0 : _supported / Count;

    public void Add(ulong person, double weight, double supported, double reward)
    {
        Count++;
        Outcomes += weight != 0 && reward != 0 ? 1 : 0;
        if (_persons.Count < MostPersons)
        {
            _persons.Add(person);
        }

        _sum += weight;
        _squares += weight * weight;
        _supported += supported;
        Greatest = Math.Max(Greatest, weight);
    }
}
