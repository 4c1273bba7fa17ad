using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.MovieLens;

/// <summary>MovieLens 100K as it lies in its folder. Every rating counts as an action, whatever its height: that is RecBole's protocol for this log.</summary>
internal sealed class MovieLensData
{
    private MovieLensData()
    {
    }

    /// <summary>By user, then time, then line.</summary>
    public required ImmutableArray<Rating> Ratings { get; init; }

    /// <summary>The same users' ratings without and with the ten of each that <c>ua</c> sets apart; null where the files are absent.</summary>
    public required (ImmutableArray<Rating> Base, ImmutableArray<Rating> Test)? Ua { get; init; }

    /// <summary>Ids, by place.</summary>
    public required ImmutableArray<string> Items { get; init; }

    /// <summary>By item, which of 19 genres it has, as bits.</summary>
    public required ImmutableArray<int> Genres { get; init; }

    public required ImmutableArray<string> Users { get; init; }

    /// <summary>By user, the groups that fairness is asked for.</summary>
    public required ImmutableArray<ImmutableArray<Slice>> Groups { get; init; }

    /// <exception cref="InvalidDataException">A line is not as the format says.</exception>
    /// <exception cref="IOException">A file is not there.</exception>
    public static MovieLensData Load(string folder)
    {
        string[][] items = [.. Fields(folder, "u.item", '|', 24)];
        string[][] users = [.. Fields(folder, "u.user", '|', 5)];
        var data = new MovieLensData
        {
            Items = [.. items.Select(item => item[0])],
            Genres = [.. items.Select(item => Enumerable.Range(0, 19).Sum(genre => item[5 + genre] == "1" ? 1 << genre : 0))],
            Users = [.. users.Select(user => user[0])],
            Groups = [.. users.Select(user => ImmutableArray.Create(new Slice("gender", user[2]), new Slice("age", AgeGroup(Number(user[1], "u.user")))))],
            Ratings = Read(folder, "u.data", users.Length, items.Length),
            Ua = File.Exists(Path.Combine(folder, "ua.base"))
                ? (Read(folder, "ua.base", users.Length, items.Length), Read(folder, "ua.test", users.Length, items.Length))
                : null,
        };
        return data;
    }

    /// <summary>How alike two items' genres are (Jaccard); 1 where neither has any.</summary>
    public double Similarity(int one, int other)
    {
        var either = int.PopCount(Genres[one] | Genres[other]);
        return either == 0 ? 1 : int.PopCount(Genres[one] & Genres[other]) / (double)either;
    }

    /// <summary>The age groups of MovieLens 1M.</summary>
    private static string AgeGroup(int age) => age switch
    {
        < 18 => "under 18",
        < 25 => "18-24",
        < 35 => "25-34",
        < 45 => "35-44",
        < 50 => "45-49",
        < 56 => "50-55",
        _ => "56 and above",
    };

    private static ImmutableArray<Rating> Read(string folder, string name, int users, int items) =>
    [
        .. Fields(folder, name, '\t', 4)
            .Select(field => new Rating(Place(field[0], users, name), Place(field[1], items, name), Number(field[3], name)))
            .OrderBy(rating => rating.User).ThenBy(rating => rating.Time),
    ];

    private static IEnumerable<string[]> Fields(string folder, string name, char separator, int count)
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, name), Encoding.Latin1))
        {
            var fields = line.Split(separator);
            yield return fields.Length == count ? fields : throw new InvalidDataException($"{name}: expected {count} fields, got '{line}'.");
        }
    }

    private static int Place(string text, int count, string name) => Number(text, name) is var id && id >= 1 && id <= count
        ? id - 1
        : throw new InvalidDataException($"{name}: expected an id from 1 to {count}, got '{text}'.");

    private static int Number(string text, string name) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new InvalidDataException($"{name}: expected a number, got '{text}'.");
}

/// <summary>A user rated an item, at a Unix time in seconds.</summary>
internal readonly record struct Rating(int User, int Item, int Time);
