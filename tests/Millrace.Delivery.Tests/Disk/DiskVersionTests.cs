using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>Versions of one object on disk: slices of one are never another's, and what is stale already costs no write.</summary>
public sealed class DiskVersionTests : IDisposable
{
    private const int SliceBytes = 64 << 10;

    private readonly FaultyDisk _disk = new();
    private readonly ManualResetEventSlim _writable = new(true);
    private volatile int _version = 1;

    public void Dispose() => _writable.Dispose();

    [Fact]
    public async Task Slices_of_an_earlier_version_of_the_same_length_are_not_taken_while_the_new_head_waits_to_be_written()
    {
        await using var edge = await DiskEdge.OpenAsync(_disk, Origin, options: new DeliveryOptions { SliceBytes = SliceBytes });
        await ExpectAsync(edge, 0, 3 * SliceBytes, 1);
        await edge.Harness.WrittenAsync();
        _version = 2;
        edge.Harness.Time.Advance(TimeSpan.FromSeconds(61));
        _disk.Fault = (operation, _) =>
        {
            if (operation == DiskOperation.Write)
            {
                _writable.Wait(TimeSpan.FromSeconds(20));
            }

            return false;
        };
        _writable.Reset();
        try
        {
            await ExpectAsync(edge, 0, SliceBytes, 2);
            await edge.Harness.SettledAsync();
            await ExpectAsync(edge, SliceBytes, 2 * SliceBytes, 2);
            await edge.Harness.SettledAsync();
        }
        finally
        {
            _writable.Set();
        }

        // Once its head is there, what is fetched of it lies under it.
        await edge.Harness.WrittenAsync();
        await ExpectAsync(edge, 3 * SliceBytes, SliceBytes, 2);
        await edge.Harness.WrittenAsync();
        Assert.Equal((1, 1), (edge.Disk.Stats.Entries, edge.Disk.Stats.Slices));
        Assert.Empty(edge.Disk.CheckIntegrity());
    }

    [Fact]
    public async Task Second_HEAD_that_contradicts_a_copy_writes_nothing()
    {
        await using var edge = await DiskEdge.OpenAsync(_disk, Origin);
        await edge.GetAsync("/a");
        await edge.Harness.WrittenAsync();
        _version = 2;
        List<long> written = [];
        for (var i = 0; i < 2; i++)
        {
            using var head = await edge.Harness.SendAsync(HttpMethod.Head, "/a", null, ("Host", DiskEdge.Host), ("Cache-Control", "no-cache"));
            Assert.Equal("\"v2\"", head.Headers.ETag?.Tag);
            await edge.Harness.WrittenAsync();
            written.Add(edge.Disk.Stats.Written);
        }

        Assert.Equal(written[0], written[1]);
    }

    private static async Task ExpectAsync(DiskEdge edge, int first, int length, int version)
    {
        var reply = await edge.GetAsync("/a", ("Range", $"bytes={first}-{first + length - 1}"));
        Assert.Equal((206, $"\"v{version}\"", length), (reply.Status, reply.Headers["ETag"], reply.Body.Length));
        Assert.True(reply.Body.AsSpan().IndexOfAnyExcept((byte)version) < 0, "bytes of another version");
    }

    /// <summary>Four slices, whose every byte is the version.</summary>
    private async Task Origin(HttpContext context)
    {
        var response = context.Response;
        var (first, last) = (0, (4 * SliceBytes) - 1);
        var version = _version;
        response.Headers.CacheControl = "max-age=60";
        response.Headers.ETag = $"\"v{version}\"";
        if (context.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            var ends = range["bytes=".Length..].Split('-');
            (first, last) = (int.Parse(ends[0], CultureInfo.InvariantCulture), Math.Min(last, int.Parse(ends[1], CultureInfo.InvariantCulture)));
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {first}-{last}/{4 * SliceBytes}";
        }

        var body = new byte[last - first + 1];
        body.AsSpan().Fill((byte)version);
        response.ContentLength = body.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await response.Body.WriteAsync(body);
        }
    }
}
