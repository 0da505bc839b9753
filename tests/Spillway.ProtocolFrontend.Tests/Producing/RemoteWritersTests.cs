using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Producing;
using Spillway.ProtocolFrontend.Tests.Handlers.Groups;
using Spillway.Rpc.Append;
using Spillway.Rpc.Metadata;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>Which writer a connection's produces go to, as writers break, die and come back.</summary>
public sealed class RemoteWritersTests : IWriterStreams, IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTimeProvider _time = new();
    private readonly List<ScriptedWriterStream> _opened = [];
    private readonly ClusterView _cluster = new(new FakeClusterImageService(), new BrokerSettings(new BrokerSettingsOptions()));
    private int _version;

    [Fact]
    public void A_connection_stays_with_a_writer_of_its_zone()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"), Writer(2, "b"));

        Assert.Equal([1, 1], [Choose(writers), Choose(writers)]);
        Assert.Single(_opened);
    }

    [Fact]
    public void A_broken_writer_is_left_for_another_zones_at_once()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"), Writer(2, "b"));
        Choose(writers);

        _opened[0].IsBroken = true;

        Assert.Equal(2, Choose(writers));
    }

    [Fact]
    public void A_broken_writer_that_answers_again_is_preferred_again_after_a_while()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"), Writer(2, "b"));
        Choose(writers);
        _opened[0].IsBroken = true;
        Choose(writers);
        _time.Advance(TimeSpan.FromSeconds(1));
        Choose(writers);
        _opened[^1].IsConnected = true;

        Assert.Equal(2, Choose(writers));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, Choose(writers));
    }

    [Fact]
    public void A_writer_that_comes_back_is_asked_at_once()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"), Writer(2, "b"));
        Choose(writers);
        _opened[0].IsBroken = true;
        Choose(writers);

        SetNodes(Writer(1, "a", epoch: 2), Writer(2, "b"));

        Assert.Equal(1, Choose(writers));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_all_are_broken_the_first_that_answers_is_used_at_once(bool othersAreBroken)
    {
        var writers = NewWriters(allowOtherZoneWriter: othersAreBroken);
        SetNodes(Writer(1, "a"), Writer(2, "b"));
        Choose(writers);
        _opened[0].IsBroken = true;
        if (othersAreBroken)
        {
            Choose(writers);
            _opened.ForEach(static stream => stream.IsBroken = true);
        }

        // Nothing is sent to it yet: who sends to a dead one does not know the outcome.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Choose(writers));
        Assert.Null(Choose(writers));
        var probe = _opened.Last(static stream => stream.Writer.NodeId == 1);
        Assert.False(probe.IsBroken);
        probe.IsConnected = true;

        Assert.Equal(1, Choose(writers));
        Assert.Same(probe, writers.Choose("connection"));
    }

    [Fact]
    public void A_writer_that_stays_dead_is_tried_a_few_times_a_second_and_never_used()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"));
        Choose(writers);
        for (var i = 0; i < 100; i++)
        {
            _opened[^1].IsBroken = true;
            _time.Advance(TimeSpan.FromMilliseconds(25));
            Assert.Null(Choose(writers));
        }

        Assert.InRange(_opened.Count, 5, 12);
        Assert.All(_opened.SkipLast(1), static stream => Assert.True(stream.IsDisposed));
    }

    [Fact]
    public void A_writer_that_neither_answers_nor_refuses_is_tried_in_the_end()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"));
        Choose(writers);
        _opened[0].IsBroken = true;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Choose(writers));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(1, Choose(writers));
    }

    [Fact]
    public async Task A_writer_whose_epoch_is_over_is_left_though_its_stream_works()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"), Writer(2, "b"));
        Choose(writers);

        SetNodes(Writer(1, "a", live: false), Writer(2, "b"));
        await writers.LeaveEndedAsync(_cluster.Image);

        Assert.True(_opened[0].IsDisposed);
        Assert.Equal(2, Choose(writers));
    }

    [Fact]
    public async Task Streams_of_epochs_that_go_on_are_kept()
    {
        var writers = NewWriters();
        SetNodes(Writer(1, "a"), Writer(2, "b"));
        Choose(writers);

        await writers.LeaveEndedAsync(_cluster.Image);

        Assert.False(_opened[0].IsDisposed);
    }

    [Fact]
    public void No_live_writer_is_no_stream()
    {
        var writers = NewWriters(allowOtherZoneWriter: false);
        SetNodes(Writer(1, "a", live: false), Writer(2, "b"));

        Assert.Null(Choose(writers));
    }

    IAppendStream IWriterStreams.Open(NodeImage writer)
    {
        _opened.Add(new ScriptedWriterStream(writer));
        return _opened[^1];
    }

    public void Dispose() => _services.Dispose();

    private static NodeImage Writer(int id, string zone, long epoch = 1, bool live = true) =>
        new() { Kind = NodeKind.Writer, NodeId = id, Epoch = epoch, Zone = zone, Live = live, RpcAddress = $"http://writer-{id}" };

    private RemoteWriters NewWriters(bool allowOtherZoneWriter = true) => new(
        _cluster,
        this,
        new ProtocolFrontendOptions { Zone = "a", AllowOtherZoneWriter = allowOtherZoneWriter },
        new ProtocolFrontendMetrics(_services.GetRequiredService<IMeterFactory>()),
        _time);

    private void SetNodes(params NodeImage[] nodes) =>
        _cluster.Apply(new ImageUpdate { Version = ++_version, Full = true, NodesChanged = true, Nodes = { nodes } });

    /// <summary>The writer that the produces of a new connection go to.</summary>
    private static int? Choose(RemoteWriters writers) => ((ScriptedWriterStream?)writers.Choose("connection"))?.Writer.NodeId;
}
