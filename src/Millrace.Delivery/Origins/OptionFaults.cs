using System.Collections.Immutable;

namespace Millrace.Delivery.Origins;

/// <summary>Collects what is wrong with options, so that all of it is told at once.</summary>
internal sealed class OptionFaults
{
    private readonly List<string> _all = [];

    public IReadOnlyList<string> All => _all;

    public void Unless(bool holds, string path, string expected)
    {
        if (!holds)
        {
            _all.Add($"{path}: expected {expected}");
        }
    }

    public void UnlessTime(TimeSpan? time, string path) => Unless(time is null || (time > TimeSpan.Zero && time <= TimeSpan.FromDays(1)), path, "a time above zero and at most a day");

    public void UnlessShare(double share, string path) => Unless(share is >= 0 and <= 1, path, "a share from 0 to 1");

    public void AddMembers(ImmutableArray<OriginMember> members)
    {
        if (members.IsDefaultOrEmpty || members.Length > OriginGroupOptions.MaxMembers)
        {
            Unless(false, "members", $"1 to {OriginGroupOptions.MaxMembers}");
            return;
        }

        for (var i = 0; i < members.Length; i++)
        {
            if (AddressFault(members[i].Address) is { } fault)
            {
                _all.Add($"members[{i}]: {fault}");
            }

            Unless(members[i].Weight is >= 1 and <= 1000, $"members[{i}].weight", "1 to 1000");
            Unless(!members.AsSpan(0, i).ToArray().Any(earlier => earlier.Address == members[i].Address), $"members[{i}]", "an address that no other member has");
        }
    }

    /// <summary>What is wrong with a server's address, or null.</summary>
    public static string? AddressFault(Uri? address) =>
        address is not { IsAbsoluteUri: true } || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            ? "expected an absolute http or https URI"
            : address.UserInfo.Length + address.Query.Length + address.Fragment.Length > 0 ? "expected no user info, query or fragment" : null;
}
