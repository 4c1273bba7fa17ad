using System.Runtime.CompilerServices;
using System.Text;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests;

/// <summary>Reads the heap of the whole process, so no other test may run beside it.</summary>
[CollectionDefinition(nameof(HeapCollection), DisableParallelization = true)]
public class HeapCollection;

/// <summary>The account of what is stored is the memory that it takes.</summary>
[Collection(nameof(HeapCollection))]
public class StoreMemoryTests
{
    private const int Objects = 30_000;

    private static readonly Route Any = new("*/*", new Uri("http://127.0.0.1:9"), Contract.Available);

    [Theory]
    [InlineData(2, 0, "", false)]
    [InlineData(8, 1000, "", false)]
    [InlineData(24, 100, "", false)]
    [InlineData(8, 100, "Accept-Encoding, Accept-Language", false)]
    [InlineData(8, 100, "", true)]
    public void Account_is_within_a_twentieth_of_the_heap(int fields, int body, string vary, bool tagged)
    {
        var core = new DeliveryCore?[1];
        var account = Fill(core, fields, body, vary, tagged);
        Collect();
        var held = GC.GetTotalMemory(forceFullCollection: true);
        Drop(core);
        Collect();
        var heap = (double)(held - GC.GetTotalMemory(forceFullCollection: true));
        Assert.InRange(account / heap, 0.95, 1.05);
    }

    [Fact]
    public void Large_body_moves_to_a_file_that_reads_the_same_and_goes_with_its_last_reader()
    {
        Assert.SkipUnless(MemoryFile.MaxCount > 0, "no files in memory here");
        var bytes = new byte[MemoryFile.MinBytes + 12_345];
        new Random(1).NextBytes(bytes);
        var piece = MovedPiece(bytes);
        Assert.NotNull(MemoryFile.Of(piece[1000..], out var offset));
        Assert.Equal(1000, offset);
        Collect();
        Assert.True(piece.Span.SequenceEqual(bytes));
        GC.KeepAlive(piece);

        var open = MemoryFile.Count;
        Drop(bytes, 50);
        Assert.True(MemoryFile.Count > open);
        Collect();
        Assert.True(MemoryFile.Count <= open);
        Assert.False(ObjectBody.Of(bytes.AsMemory(0, MemoryFile.MinBytes - 1)).MoveToFile());
    }

    /// <summary>Fills a store, and leaves no reference to it but in <paramref name="core"/>. Returns its account.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Fill(DeliveryCore?[] core, int fields, int body, string vary, bool tagged)
    {
        core[0] = new DeliveryCore(new DeliveryOptions { StoreBytes = 1L << 30 }, RouteTable.Create([Any]), null, TimeProvider.System);
        MemoryAccount account = new(long.MaxValue);
        for (var i = 0; i < Objects; i++)
        {
            Put(core[0]!.Store, account, i, fields, body, vary, tagged);
        }

        return core[0]!.Store.Bytes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(DeliveryCore?[] core)
    {
        core[0]!.Dispose();
        core[0] = null;
    }

    private static ReadOnlyMemory<byte> MovedPiece(byte[] bytes)
    {
        var body = ObjectBody.Of(bytes.AsMemory(0, 70_000), bytes.AsMemory(70_000));
        Assert.True(body.MoveToFile());
        Assert.Equal(bytes.Length, body.Length);
        return Assert.Single(body.Pieces);
    }

    private static void Drop(byte[] bytes, int times)
    {
        for (var i = 0; i < times; i++)
        {
            MovedPiece(bytes);
        }
    }

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static void Put(MemoryStore store, MemoryAccount account, int number, int fields, int body, string vary, bool tagged)
    {
        HeaderList sent = new();
        sent.Add("Accept-Encoding", "gzip, br");
        sent.Add("Accept-Language", "en");
        HeaderList response = new();
        response.Add("Date", "Mon, 23 Nov 2026 12:00:00 GMT");
        response.Add("Cache-Control", "max-age=3600");
        for (var i = 2; i < fields; i++)
        {
            response.Add($"X-Field-{i}", "a value of usual length");
        }

        if (vary.Length > 0)
        {
            response.Add("Vary", vary);
        }

        if (tagged)
        {
            response.Add("Surrogate-Key", $"product-{number} page-{number}");
        }

        var now = TimeProvider.System.GetUtcNow();
        var head = ResponseHead.Of(CacheKey.Of(Encoding.Latin1.GetBytes($"http://h.example/some/path/object-{number}.html")), Any, 200, response, sent, new Arrival(now, now, 0), default);
        Assert.True(store.Put(new CachedObject(head, ObjectBody.Of(new byte[body]), account)));
    }
}
