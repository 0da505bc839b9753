using System.Runtime.InteropServices;
using Spillway.Storage.Wal;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

/// <summary>Files read past the page cache: the file system wants everything aligned, and callers know nothing of that.</summary>
public sealed class PastPageCacheTests
{
    private const int Seed = 20261;

    [Theory]
    [InlineData(null)]
    [InlineData("/dev/shm")]
    public void Every_position_and_length_gives_what_the_file_holds(string? parent)
    {
        using var folder = new TemporaryFolder(parent);
        var random = new Random(Seed);
        var content = new byte[100_001];
        random.NextBytes(content);
        var path = Path.Combine(folder.Path, "a.wal");
        File.WriteAllBytes(path, content);
        using var file = PosixWalFileSystem.Instance.OpenRead(path, dropCachedPages: true);

        for (var i = 0; i < 500; i++)
        {
            var position = random.Next(content.Length + 5000);
            var buffer = new byte[random.Next(1, 20_000)];
            var count = file.Read(buffer, position);

            var expected = content.AsSpan(Math.Min(position, content.Length));
            expected = expected[..Math.Min(expected.Length, buffer.Length)];
            Assert.True(
                expected.SequenceEqual(buffer.AsSpan(0, count)), $"seed {Seed}, step {i}: {buffer.Length} bytes at {position}");
        }

        Assert.Equal(content.Length, file.GetLength());
    }

    [Fact]
    public void The_file_system_is_told_to_go_past_the_cache()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "a.wal");
        File.WriteAllBytes(path, new byte[8192]);

        using var file = PosixWalFileSystem.Instance.OpenRead(path, dropCachedPages: true);

        Assert.SkipUnless(file is DirectWalFile, "the temporary folder's file system has no O_DIRECT");
        Assert.NotEqual(0, ReadOpenFlags(path) & PosixCalls.Direct);
        using var ordinary = PosixWalFileSystem.Instance.OpenRead(path, dropCachedPages: false);
        Assert.IsType<PosixWalFile>(ordinary);
    }

    [Fact]
    public void A_file_system_that_has_no_such_way_is_read_all_the_same()
    {
        using var file = PosixWalFileSystem.Instance.OpenRead("/proc/version", dropCachedPages: true);

        var buffer = new byte[8192];
        var count = file.Read(buffer, 0);

        Assert.IsType<PosixWalFile>(file);
        Assert.Equal(File.ReadAllBytes("/proc/version"), buffer[..count]);
    }

    [Fact]
    public void A_file_that_is_not_there_is_reported_as_such()
    {
        using var folder = new TemporaryFolder();

        Assert.Throws<FileNotFoundException>(
            () => PosixWalFileSystem.Instance.OpenRead(Path.Combine(folder.Path, "a.wal"), dropCachedPages: true));
    }

    private static int ReadOpenFlags(string path)
    {
        Assert.True(RuntimeInformation.IsOSPlatform(OSPlatform.Linux));
        var fd = Directory.EnumerateFiles("/proc/self/fd")
            .First(link => LinkTargetOf(link) == path);
        var flags = File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(fd)}")
            .First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return Convert.ToInt32(flags["flags:".Length..].Trim(), 8);
    }

    // Other tests close their files between the listing and the look.
    private static string? LinkTargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
