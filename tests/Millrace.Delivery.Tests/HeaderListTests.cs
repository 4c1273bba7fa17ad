using System.Text;
using CsCheck;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests;

public class HeaderListTests
{
    private static readonly Gen<string> Name = Gen.OneOf(Array.ConvertAll((string[])["Cache-Control", "cache-control", "ETag", "X-Custom", "x-custom", "Vary", "X-Custom-Longer-Than-Any-Known-Field"], static name => Gen.Const(name)));
    private static readonly Gen<string> Value = Gen.Char['!', 'ÿ'].Array[0, 40].Select(static text => new string(text));

    [Fact]
    public void Lines_behave_like_a_plain_list_of_pairs()
    {
        var step = Gen.Select(Gen.Int[0, 9], Name, Value);
        step.Array[0, 40].Sample(steps =>
        {
            HeaderList headers = new(1);
            List<(string Name, string Value)> plain = [];
            foreach (var (kind, name, value) in steps)
            {
                switch (kind)
                {
                    case 0:
                        headers.Remove(name);
                        plain.RemoveAll(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
                        break;
                    case 1:
                        headers.Set(name, value);
                        plain.RemoveAll(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
                        plain.Add((name, value));
                        break;
                    case 2:
                        headers = headers.Clone();
                        break;
                    case 3:
                        HeaderList other = new();
                        other.Add("Other", "line");
                        other.CopyFrom(headers);
                        headers = other;
                        break;
                    default:
                        headers.Add(name, value);
                        plain.Add((name, value));
                        break;
                }
            }

            Assert.Equal(string.Concat(plain.Select(static line => $"{line.Name}: {line.Value}\r\n")), Encoding.Latin1.GetString(headers.Wire));
            foreach (var name in (string[])["Cache-Control", "etag", "X-CUSTOM", "Absent"])
            {
                var same = plain.Where(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static line => line.Value).ToList();
                Assert.Equal(same.FirstOrDefault(), headers.First(name));
                Assert.Equal(same.Count, headers.CountOf(name));
                Assert.Equal(same.Count > 0, headers.Contains(name));
                Assert.Equal(same.Count == 0 ? null : string.Join(", ", same), headers.Combined(name));
            }
        });
    }

    [Fact]
    public void Every_known_field_is_found_by_its_name_in_any_case()
    {
        foreach (var id in Enum.GetValues<FieldId>().Where(static id => id != FieldId.Other))
        {
            Assert.True((int)id < 64, "one bit a field");
            Assert.Equal(id, FieldNames.Of(FieldNames.Text(id).ToUpperInvariant()));
            Assert.Equal(id, FieldNames.Of(Encoding.Latin1.GetBytes(FieldNames.Text(id).ToLowerInvariant())));
        }

        Assert.Equal(FieldId.Other, FieldNames.Of("ETah"));
    }

    [Fact]
    public void Members_run_over_all_lines_and_leave_quoted_commas_alone()
    {
        HeaderList headers = new();
        headers.Add("Vary", "a, \"b, \\\" c\" ,, d");
        headers.Add("X-Other", "no");
        headers.Add("vary", " , ");
        headers.Add("VARY", "e");
        List<string> members = [];
        foreach (var member in headers.Members(FieldId.Vary))
        {
            members.Add(Encoding.Latin1.GetString(member));
        }

        Assert.Equal(["a", "\"b, \\\" c\"", "d", "e"], members);
    }
}
