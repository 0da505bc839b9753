using Spillway.S3Compactor.Sessions;
using Spillway.Testing;
using Xunit;

namespace Spillway.S3Compactor.Tests.Sessions;

public sealed class RegistrationLoopTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly CompactorTestContext _context;
    private readonly CompactorSession _session = new();
    private readonly RegistrationLoop _loop;

    public RegistrationLoopTests()
    {
        _context = new CompactorTestContext { Time = _time };
        _loop = new RegistrationLoop(_context.Metadata, _session, _context.Options, _context.CreateEnvironment());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_compactor_is_ready_once_it_is_registered()
    {
        Assert.NotNull(await _loop.FindReasonNotReadyAsync(Token));

        await _loop.RunOnceAsync(Token);

        Assert.Null(await _loop.FindReasonNotReadyAsync(Token));
        Assert.Equal(_context.Metadata.Epoch, _session.Identity!.CompactorEpoch);
    }

    [Fact]
    public async Task Metadata_that_is_away_is_asked_again()
    {
        _context.Metadata.IsAway = true;
        Assert.False(await _loop.RunOnceAsync(Token));
        Assert.Null(_session.Identity);

        _context.Metadata.IsAway = false;
        await _loop.RunOnceAsync(Token);

        Assert.NotNull(_session.Identity);
    }

    [Fact]
    public async Task A_fenced_compactor_ends_its_jobs_and_registers_anew()
    {
        await _loop.RunOnceAsync(Token);
        var before = _session.Identity!;
        var ended = _session.EndOf(before);
        _context.Metadata.Fence();
        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.True(await _loop.RunOnceAsync(Token));
        Assert.True(ended.IsCancellationRequested);
        await _loop.RunOnceAsync(Token);

        Assert.True(_session.Identity!.CompactorEpoch > before.CompactorEpoch);
        Assert.True(_session.EndOf(before).IsCancellationRequested);
    }

    [Fact]
    public async Task A_drain_gives_the_lease_back_and_does_not_register_again()
    {
        await _loop.RunOnceAsync(Token);
        var epoch = _context.Metadata.Epoch;

        await _loop.DrainAsync(Token);
        await _loop.RunOnceAsync(Token);

        Assert.Null(_session.Identity);
        Assert.Equal(epoch + 1, _context.Metadata.Epoch);
    }

    public void Dispose() => _context.Dispose();
}
