using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Journal.Segments;

namespace Millrace.Tests.Journal;

/// <summary>What is torn is cut, what is lost is named, and neither passes for the other.</summary>
public sealed class JournalLossTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-journal-").FullName;
    private readonly MemorySubjectKeys _keys = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    private string Control => Path.Combine(_directory, "control", "0");

    private string Floors => Path.Combine(_directory, "floors.json");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_seal_torn_at_any_byte_is_cut_and_every_fact_stays()
    {
        await AppendAsync(6);
        var segments = Segments();
        var sealedWhole = File.ReadAllBytes(segments[0]);
        Assert.True(segments.Length > 1);
        for (var kept = 0; kept <= Frame.MarkBytes; kept++)
        {
            foreach (var zeros in new[] { 0, Frame.MarkBytes - kept })
            {
                File.Delete(Path.ChangeExtension(segments[0], ".idx"));
                File.WriteAllBytes(segments[0], [.. sealedWhole[..(sealedWhole.Length - Frame.MarkBytes + kept)], .. new byte[zeros]]);
                Assert.Equal(6, JournalInspection.Open(_directory, _keys).Verify(JournalStream.Control, 0));
                await using (var journal = await OpenAsync())
                {
                    Assert.Equal(6, (await journal.ReadAsync(JournalStream.Control, 0, 0, 100, Cancelled)).Count);
                }

                await using var again = await OpenAsync();
                Assert.Equal(0, again.TornBytes);
            }
        }
    }

    [Fact]
    public async Task A_damaged_fact_before_the_next_segment_is_corruption_and_not_a_torn_seal()
    {
        await AppendAsync(6);
        var segment = Segments()[0];
        File.Delete(Path.ChangeExtension(segment, ".idx"));
        var bytes = File.ReadAllBytes(segment);
        bytes[^(Frame.MarkBytes + 1)] ^= 1; // In the last fact.
        File.WriteAllBytes(segment, bytes);
        var e = await Assert.ThrowsAsync<JournalCorruptException>(async () => await OpenAsync());
        Assert.Contains("next segment begins", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_loss_of_all_segments_is_noticed_by_opening_and_by_verify()
    {
        await AppendAsync(6);
        foreach (var file in Directory.GetFiles(Control))
        {
            File.Delete(file);
        }

        await AssertLostAsync(0);
    }

    [Fact]
    public async Task The_loss_of_the_last_segment_is_noticed_and_its_offsets_are_not_given_again()
    {
        await AppendAsync(6);
        var last = Segments()[^1];
        var first = long.Parse(Path.GetFileNameWithoutExtension(last), System.Globalization.CultureInfo.InvariantCulture);
        File.Delete(last);
        await AssertLostAsync(first);
    }

    [Fact]
    public async Task A_last_segment_cut_to_its_damaged_header_is_corruption_and_is_not_deleted()
    {
        await AppendAsync(6);
        var last = Segments()[^1];
        File.WriteAllBytes(last, new byte[SegmentHeader.Bytes]);
        await Assert.ThrowsAsync<JournalCorruptException>(async () => await OpenAsync());
        Assert.True(File.Exists(last));
    }

    [Fact]
    public async Task Housekeeping_writes_the_floors_so_that_a_crash_has_them_too()
    {
        await using var journal = await OpenAsync();
        await journal.AppendAsync(Policy(0), Cancelled);
        Assert.False(File.Exists(Floors));
        _clock.Advance(new JournalOptions { Directory = "" }.Housekeeping);
        Assert.Equal(1, JournalFloors.Read(_directory).Of(JournalStream.Control, 0).End);
    }

    [Fact]
    public async Task The_loss_of_the_first_segment_is_noticed_in_streams_that_keep_everything()
    {
        await AppendAsync(6);
        File.Delete(Segments()[0]);
        await AssertLostAsync(0);
    }

    [Fact]
    public async Task Damaged_floors_are_named()
    {
        await AppendAsync(1);
        File.WriteAllText(Floors, "{\"ends\":");
        var e = await Assert.ThrowsAsync<JournalCorruptException>(async () => await OpenAsync());
        Assert.Equal(Floors, e.Segment);
    }

    [Fact]
    public async Task A_torn_fact_that_holds_what_looks_like_a_mark_is_still_torn()
    {
        await using (var journal = await OpenAsync())
        {
            await journal.AppendAsync(Policy(0), Cancelled);
        }

        File.Delete(Floors);
        var path = Segments()[0];
        var whole = File.ReadAllBytes(path);
        foreach (var (first, durable) in new[] { (1L, long.MaxValue), (long.MaxValue, long.MaxValue), (1L << 40, 1L << 40) })
        {
            var forged = new byte[Frame.MarkBytes];
            Frame.WriteMark(forged, FrameKind.Mark, first, durable, 0);
            File.WriteAllBytes(path, [.. whole, .. new byte[100], .. forged, .. new byte[100]]);
            await using (var journal = await OpenAsync())
            {
                Assert.Equal(1, journal.Range(JournalStream.Control, 0).End);
            }

            File.Delete(Floors);
        }
    }

    private static PolicyChanged Policy(int version) => new() { Id = $"p{version}", Policy = "home", Version = version, Definition = new string('x', 1500) };

    private string[] Segments() => [.. Directory.GetFiles(Control, "*.seg").Order(StringComparer.Ordinal)];

    private async Task AppendAsync(int facts)
    {
        await using var journal = await OpenAsync();
        for (var i = 0; i < facts; i++)
        {
            await journal.AppendAsync(Policy(i), Cancelled);
        }
    }

    private async Task AssertLostAsync(long offset)
    {
        Assert.Equal(offset, Assert.Throws<JournalCorruptException>(() => JournalInspection.Open(_directory, _keys).Verify(JournalStream.Control, 0)).Offset);
        Assert.Equal(offset, (await Assert.ThrowsAsync<JournalCorruptException>(async () => await OpenAsync())).Offset);
    }

    private ValueTask<LocalJournal> OpenAsync() =>
        LocalJournal.OpenAsync(new JournalOptions { Directory = _directory, SegmentBytes = 1 << 12 }, _clock, _keys);
}
