using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Faults;
using Spillway.Testing.Faults;
using Spillway.Testing.Wal;
using Xunit;
using ThreadState = System.Threading.ThreadState;

namespace Spillway.Storage.Tests.Wal.Faults;

/// <summary>Faults on real files, set by a control file as a running process is.</summary>
public sealed class FaultInjectingFileSystemTests : IDisposable
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly FaultScript _script = new();
    private readonly IWalFileSystem _files;
    private readonly WalVolumeSet _volumes;

    public FaultInjectingFileSystemTests()
    {
        _volumes = new WalVolumeSet([new WalVolume("v1", Root("v1")), new WalVolume("v2", Root("v2"))]);
        _files = FaultInjectingFileSystem.Wrap(PosixWalFileSystem.Instance, _volumes, _script.Control);
        _files.CreateDirectory(Root("v1"));
        _files.CreateDirectory(Root("v2"));
    }

    public void Dispose()
    {
        _script.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Where_faults_are_off_nothing_is_wrapped()
    {
        using var off = FaultScript.CreateOff();

        Assert.Same(
            PosixWalFileSystem.Instance, FaultInjectingFileSystem.Wrap(PosixWalFileSystem.Instance, _volumes, off.Control));
    }

    [Theory]
    [InlineData("create", "EIO", 5)]
    [InlineData("write", "ENOSPC", 28)]
    [InlineData("flush", "EIO", 5)]
    [InlineData("read", "ESTALE", 116)]
    [InlineData("open", "EIO", 5)]
    [InlineData("delete", "EDQUOT", 122)]
    public void An_error_is_of_the_call_and_the_volume_it_was_set_for(string call, string errno, int number)
    {
        using (Create("v1", "before"))
        {
        }

        _script.Set($$"""{"volume":"v1","fault":"error","calls":["{{call}}"],"errno":"{{errno}}","count":1}""");

        UseAllCalls("v2");
        var failure = Assert.ThrowsAny<IOException>(() => UseAllCalls("v1"));
        UseAllCalls("v1");

        Assert.Equal(number, failure.HResult);
    }

    [Fact]
    public void A_missing_file_is_what_a_reader_expects_of_one()
    {
        using (Create("v1", "a"))
        {
        }

        _script.Set("""{"volume":"*","fault":"error","calls":["open"],"errno":"ENOENT"}""");

        Assert.Throws<FileNotFoundException>(() => _files.OpenRead(Root("v1/a"), dropCachedPages: true));
    }

    [Fact]
    public void A_short_write_leaves_a_part_and_fails()
    {
        using var file = Create("v1", "a");
        _script.Set("""{"volume":"v1","fault":"short-write","errno":"ENOSPC","count":1}""");

        var failure = Assert.Throws<IOException>(() => file.Write(Ones(3, 4096), 4096));

        Assert.Equal(28, failure.HResult);
        Assert.InRange(CountOnes("v1/a"), 1, (3 * 4096) - 1);
        file.Write(Ones(3, 4096), 4096);
        Assert.Equal(3 * 4096, CountOnes("v1/a"));
    }

    [Fact]
    public void A_torn_block_is_a_part_and_the_end_of_the_process()
    {
        using var file = Create("v1", "a");
        _script.Control.Death = () => throw new InvalidOperationException("dead");
        _script.Set("""{"volume":"v1","fault":"torn-block"}""");

        Assert.Throws<InvalidOperationException>(() => file.Write(Ones(3, 4096), 4096));

        Assert.InRange(CountOnes("v1/a"), 1, (3 * 4096) - 1);
    }

    [Theory]
    [InlineData("stale-size")]
    [InlineData("stale-page")]
    public void A_stale_view_ends_when_the_file_is_opened_afresh(string fault)
    {
        using (var file = Create("v1", "a"))
        {
            file.Write(Ones(4, 4096), 4096);
        }

        _script.Set($$"""{"volume":"v1","fault":"{{fault}}"}""");
        var buffer = new byte[10_000];

        foreach (var position in new[] { 4096, 5000, 8192 })
        {
            using var cached = _files.OpenRead(Root("v1/a"), dropCachedPages: false);
            using var fresh = _files.OpenRead(Root("v1/a"), dropCachedPages: true);
            var staleBytes = cached.Read(buffer, position);
            Assert.NotEqual(buffer.Length, buffer.AsSpan(0, staleBytes).Count((byte)1));
            Assert.Equal(buffer.Length, fresh.Read(buffer, position));
            Assert.Equal(buffer.Length, buffer.AsSpan().Count((byte)1));
        }
    }

    [Fact]
    public void A_stale_view_may_be_set_to_outlast_a_fresh_open()
    {
        using (var file = Create("v1", "a"))
        {
            file.Write(Ones(4, 4096), 4096);
        }

        _script.Set("""{"volume":"v1","fault":"stale-size","fresh":true}""");
        using var fresh = _files.OpenRead(Root("v1/a"), dropCachedPages: true);

        Assert.Equal(2048, fresh.Read(new byte[4096], 4096));
    }

    [Fact]
    public void A_delay_ends_with_its_line()
    {
        using var file = Create("v1", "a");
        _script.Set("""{"volume":"v1","fault":"delay","ms":3600000}""");
        var flush = Begin(file.FlushData);

        _script.Set();

        Assert.True(flush.Join(LongEnough));
    }

    // As a hard mount in a failover: no call comes back, not even a close, and the other volume notices nothing.
    [Fact]
    public void A_frozen_volume_holds_every_call_until_it_thaws()
    {
        using var file = Create("v1", "a");
        using var other = Create("v1", "b");
        var closing = _files.OpenRead(Root("v1/a"), dropCachedPages: false);
        _script.Set("""{"volume":"v1","fault":"freeze"}""");
        Thread[] threads =
        [
            Begin(() => Create("v1", "c").Dispose()),
            Begin(() => _files.CreateDirectory(Root("v1/d"))),
            Begin(() => _files.SyncDirectory(Root("v1"))),
            Begin(() => _files.OpenRead(Root("v1/a"), dropCachedPages: false).Dispose()),
            Begin(() => _files.OpenWrite(Root("v1/a"), WalFlushMode.FdataSync).Dispose()),
            Begin(() => _files.Delete(Root("v1/b"))),
            Begin(() => file.Preallocate(1 << 20)),
            Begin(() => file.Write(Ones(1, 4096), 4096)),
            Begin(() => file.Read(new byte[10], 0)),
            Begin(() => file.GetLength()),
            Begin(file.FlushData),
            Begin(file.FlushAll),
            Begin(closing.Dispose),
        ];

        UseAllCalls("v2");
        Assert.All(threads, thread => Assert.True(SpinWait.SpinUntil(() => IsHeldUp(thread), LongEnough)));
        _script.Set();

        Assert.All(threads, thread => Assert.True(thread.Join(LongEnough)));
        Assert.False(File.Exists(Root("v1/b")));
    }

    private static ReadOnlyMemory<byte>[] Ones(int partCount, int partBytes) =>
        [.. Enumerable.Range(0, partCount).Select(_ => new ReadOnlyMemory<byte>([.. Enumerable.Repeat((byte)1, partBytes)]))];

    private static Thread Begin(Action call)
    {
        var thread = new Thread(() => call()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static bool IsHeldUp(Thread thread) => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0;

    private void UseAllCalls(string volume)
    {
        var path = Root($"{volume}/all");
        _files.Delete(path);
        using (var file = Create(volume, "all"))
        {
            file.Write(Ones(2, 4096), 4096);
            file.FlushData();
        }

        using var reading = _files.OpenRead(path, dropCachedPages: true);
        Assert.Equal(8192, reading.Read(new byte[8192], 4096));
    }

    private IWalFile Create(string volume, string name)
    {
        var file = _files.CreateExclusive(Root($"{volume}/{name}"), WalFlushMode.FdataSync);
        file.Preallocate(1 << 16);
        file.Write([new byte[4096]], 0);
        file.FlushAll();
        return file;
    }

    private int CountOnes(string name) => File.ReadAllBytes(Root(name)).Count(b => b == 1);

    private string Root(string name) => Path.Combine(_folder.Path, name);
}
