using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Millrace.Delivery.Tests;

public class RealPagesTests
{
    [Fact]
    public async Task Real_pages_come_through_unchanged_hit_revalidate_and_keep_their_variants_apart()
    {
        var pages = Pages();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            var (html, tag) = (pages[context.Request.Path.Value!], $"\"{context.Request.Path.Value!.Length}-{context.Request.Headers.AcceptEncoding}\"");
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Vary = "Accept-Encoding";
            context.Response.Headers.ETag = tag;
            if (context.Request.Headers.IfNoneMatch == tag)
            {
                context.Response.StatusCode = 304;
                return;
            }

            context.Response.ContentType = "text/html";
            if (context.Request.Headers.AcceptEncoding == "gzip")
            {
                // A coded page says so, or it would be compressed like any other text.
                context.Response.Headers.ContentEncoding = "gzip";
            }

            await context.Response.Body.WriteAsync(context.Request.Headers.AcceptEncoding == "gzip" ? Gzip(html) : html);
        });
        foreach (var (step, mark) in ((int, string)[])[(0, "-miss; fwd-status=200"), (1, "hit"), (61, "fwd-status=304"), (1, "hit")])
        {
            edge.Time.Advance(TimeSpan.FromSeconds(step));
            foreach (var (path, html) in pages)
            {
                var plain = await edge.GetAsync(path);
                var zipped = await edge.GetAsync(path, ("Accept-Encoding", "gzip"));
                Assert.True(html.AsSpan().SequenceEqual(plain.Body), path);
                Assert.True(Gzip(html).AsSpan().SequenceEqual(zipped.Body), path);
                Assert.Contains(mark, plain.CacheStatus, StringComparison.Ordinal);
                Assert.Contains(mark, zipped.CacheStatus, StringComparison.Ordinal);
            }
        }

        Assert.Equal(pages.Count * 4, edge.OriginRequests);
        Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
    }

    private static Dictionary<string, byte[]> Pages()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Millrace.slnx")))
        {
            folder = folder.Parent;
        }

        var archive = Path.Combine(folder?.Parent?.FullName ?? "/", "shared", "data", "pages", "pages.tar.gz");
        Assert.SkipUnless(File.Exists(archive), "The real pages (../shared/data/pages/pages.tar.gz) are not here.");
        using var unzipped = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        using var tar = new TarReader(unzipped);
        Dictionary<string, byte[]> pages = [];
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name.EndsWith("source.html", StringComparison.Ordinal) && entry.DataStream is { } stream)
            {
                using MemoryStream copy = new();
                stream.CopyTo(copy);
                pages["/" + entry.Name] = copy.ToArray();
            }
        }

        return pages;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream zipped = new();
        using (var stream = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return zipped.ToArray();
    }
}
