using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Metadata.Copies;
using Spillway.Metadata.Snapshots;
using Spillway.Metadata.Tests.Log;
using Spillway.Rpc.Metadata;
using Spillway.ServiceDefaults.Loops;
using Spillway.Storage.Copies;
using Spillway.Storage.Objects;
using Spillway.Testing.Objects;

namespace Spillway.Metadata.Tests.Copies;

/// <summary>Copies of the state in the object store: when they are made, which are kept, and what they keep from being deleted.</summary>
public sealed class SnapshotCopyLoopTests : IDisposable
{
    private readonly NodeContext _context = new();
    private readonly InMemoryObjectStore _objects = new();
    private readonly FaultyObjectStore _store;
    private readonly KeptCopies _kept = new();
    private readonly SnapshotCopyLoop _loop;

    public SnapshotCopyLoopTests()
    {
        _store = new FaultyObjectStore(_objects);
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _loop = new SnapshotCopyLoop(
            _context.Node,
            _context.Machine,
            new MetadataOptions { SnapshotCopyInterval = Interval, SnapshotCopiesKept = 3 },
            _kept,
            new MetadataMetrics(meters, _context.Machine),
            new LoopEnvironment(_context.Time, new LoopHeartbeats(_context.Time), _context.Failure, null, NullLoggerFactory.Instance),
            _store);
    }

    private static TimeSpan Interval => TimeSpan.FromMinutes(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static string ClusterId => Convert.ToHexStringLower(NodeContext.ClusterId.ToByteArray(bigEndian: true));

    private long? Bound => _kept.ObjectsUnreferencedBeforeMs(_context.Node.Lead);

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task A_copy_holds_the_state_and_is_read_verified()
    {
        await StartAsync();
        var node = await _context.RegisterAsync();

        await StepAsync();

        var name = Assert.Single(await ListAsync());
        await using var snapshot = await new SnapshotCopyStore(_objects).ReadAsync(name, Ct);
        var state = SnapshotReader.Read(snapshot);
        Assert.True(state.Nodes.IsCurrent(NodeKind.Writer, node.NodeId, node.Epoch));
        var bytes = _objects.Get(name.ContentKey);
        bytes[^3] ^= 1;
        _objects.Set(name.ContentKey, bytes);
        await Assert.ThrowsAsync<InvalidDataException>(() => new SnapshotCopyStore(_objects).ReadAsync(name, Ct));
        _objects.Set(name.ContentKey, bytes[..^1]);
        await Assert.ThrowsAsync<InvalidDataException>(() => new SnapshotCopyStore(_objects).ReadAsync(name, Ct));
    }

    [Fact]
    public async Task The_newest_few_are_kept()
    {
        await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await StepAsync();
        }

        var names = await ListAsync();

        Assert.Equal(3, names.Count);
        Assert.Equal(6, _objects.Keys.Count);
        Assert.Equal(names.Min(static name => name.TimeMs), Bound);
    }

    [Fact]
    public async Task Nobody_but_a_leader_that_knows_the_copies_lets_objects_go()
    {
        await StartAsync();
        Assert.Equal(0, Bound);
        await StepAsync();
        Assert.NotEqual(0, Bound);

        _context.ReplicatedLog.Lead(false);
        Assert.Equal(0, Bound);
        await StepAsync();
        Assert.Single(await ListAsync());
        _context.ReplicatedLog.Lead(true);
        Assert.Equal(0, Bound);
        await StepAsync();
        Assert.NotEqual(0, Bound);
    }

    [Theory]
    [InlineData(ObjectRequestKind.Put, ObjectFault.NotDone)]
    [InlineData(ObjectRequestKind.Put, ObjectFault.Truncated)]
    public async Task A_failure_is_made_good_by_the_next_step(ObjectRequestKind kind, ObjectFault fault)
    {
        await StartAsync();
        _store.FailNext(kind, fault);

        await StepAsync();
        Assert.Empty(await ListAsync());
        Assert.Equal(0, Bound);
        await StepAsync();

        Assert.Single(await ListAsync());
        Assert.Null(_context.Failure.Exception);
    }

    [Fact]
    public async Task Who_lost_the_lead_meanwhile_leaves_no_copy()
    {
        await StartAsync();
        _store.BeforeRequest = (kind, _) =>
        {
            if (kind == ObjectRequestKind.Put)
            {
                _context.ReplicatedLog.Lead(false);
            }

            return Task.CompletedTask;
        };

        await StepAsync();

        Assert.Empty(await ListAsync());
    }

    private async Task StartAsync()
    {
        await _context.StartAsync();
        await _context.RegisterAsync();
    }

    /// <summary>An interval later, with something committed meanwhile: the state's time is that of its commands.</summary>
    private async Task StepAsync()
    {
        _context.Time.Advance(Interval);
        if (_context.Node.IsLeader)
        {
            await _context.RegisterAsync();
        }

        await _loop.RunOnceAsync(Ct);
    }

    private async Task<IReadOnlyList<SnapshotCopyName>> ListAsync() =>
        (await new SnapshotCopyStore(_objects).ListAsync(ClusterId, Ct)).Whole;
}
