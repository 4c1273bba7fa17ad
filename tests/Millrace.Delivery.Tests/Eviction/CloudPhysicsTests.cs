using System.Buffers.Binary;
using System.Text.Json;
using Millrace.Delivery.Eviction;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.Delivery.Tests.Eviction;

/// <summary>libCacheSim's own expectations (test/test_evictionAlgo.c, aa0fc40), to the miss and to the byte.</summary>
public sealed class CloudPhysicsTests
{
    private const int RecordBytes = 24;

    [Theory]
    [InlineData("test_LRU", EvictionKind.Lru)]
    [InlineData("test_FIFO", EvictionKind.Fifo)]
    [InlineData("test_Sieve", EvictionKind.Sieve)]
    [InlineData("test_S3FIFO", EvictionKind.S3Fifo)]
    [InlineData("test_GDSF", EvictionKind.Gdsf)]
    public void Misses_are_exactly_those_of_libCacheSim(string name, EvictionKind kind) =>
        Agree(name, (trace, capacity) => CacheSimulation.Run(trace, kind, capacity, cancellation: TestContext.Current.CancellationToken));

    [Fact]
    public void Belady_misses_a_little_less_than_libCacheSim_s_which_must_keep_what_comes()
    {
        var (trace, expected) = Load();
        foreach (var (size, misses) in Sizes(expected).Zip(expected.GetProperty("algorithms").GetProperty("test_Belady").GetProperty("miss_cnt").EnumerateArray()))
        {
            var ours = CacheSimulation.Run(trace, OfflinePolicy.Belady, size, cancellation: TestContext.Current.CancellationToken).Misses;
            Assert.InRange(ours, misses.GetInt64() * 0.95, misses.GetInt64());
        }
    }

    [Fact]
    public void Belady_by_size_comes_within_one_per_cent_of_libCacheSim_s_whose_samples_differ()
    {
        var (trace, expected) = Load();
        var capacity = Sizes(expected)[3];
        var misses = expected.GetProperty("algorithms").GetProperty("test_BeladySize").GetProperty("miss_cnt")[3].GetInt64();
        Assert.InRange(CacheSimulation.Run(trace, OfflinePolicy.BeladySize, capacity, cancellation: TestContext.Current.CancellationToken).Misses, misses * 0.99, misses * 1.01);
    }

    private static void Agree(string name, Func<CacheTrace, long, SimulationCount> run)
    {
        var (trace, expected) = Load();
        var sizes = Sizes(expected);
        var algorithm = expected.GetProperty("algorithms").GetProperty(name);
        for (var i = 0; i < sizes.Length; i++)
        {
            var count = run(trace, sizes[i]);
            Assert.Equal(algorithm.GetProperty("miss_cnt")[i].GetInt64(), count.Misses);
            Assert.Equal(algorithm.GetProperty("miss_byte")[i].GetInt64(), count.MissBytes);
            Assert.Equal((expected.GetProperty("requests").GetInt64(), expected.GetProperty("bytes").GetInt64()), (count.Requests, count.RequestBytes));
        }
    }

    private static long[] Sizes(JsonElement expected) => [.. expected.GetProperty("cache_sizes_bytes").EnumerateArray().Select(static size => size.GetInt64())];

    private static (CacheTrace Trace, JsonElement Expected) Load()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Millrace.slnx")))
        {
            folder = folder.Parent;
        }

        var data = Path.Combine(folder?.Parent?.FullName ?? "/", "shared", "data", "cloudphysics");
        Assert.SkipUnless(Directory.Exists(data), "The trace (../shared/data/cloudphysics) is not here.");
        var trace = new CacheTrace();
        for (var rest = File.ReadAllBytes(Path.Combine(data, "cloudPhysicsIO.oracleGeneral.bin")).AsSpan(); rest.Length > 0; rest = rest[RecordBytes..])
        {
            trace.Add(BinaryPrimitives.ReadUInt64LittleEndian(rest[4..]), BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]));
        }

        return (trace, JsonDocument.Parse(File.ReadAllText(Path.Combine(data, "expected_libcachesim.json"))).RootElement);
    }
}
