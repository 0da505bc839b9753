using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Tests.Contract;
using Spillway.Rpc.Metadata;
using Spillway.Testing.Wal;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>
/// Many groups of ten rebalance at once, against the real service and its log in this process. By default a hundred groups of each protocol;
/// SPILLWAY_TEST_GROUPS=1000 is the size that the figures are of. The number of commands is asserted, the time is told.
/// </summary>
public sealed class ManyGroupsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int MembersPerGroup = 10;

    private static readonly int GroupCount =
        int.TryParse(Environment.GetEnvironmentVariable("SPILLWAY_TEST_GROUPS"), out var count) ? count : 100;

    private readonly TemporaryFolder _folder = new();
    private MetadataHost _host = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await MetadataHost.StartAsync(
            _folder.Path, overRpc: false, ("Spillway:Broker:group.initial.rebalance.delay.ms", "500"));
        await _host.Admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 20, ReplicationFactor = -1 } } }, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Classic_groups_are_one_entry_a_generation()
    {
        var cost = new Cost(this);

        await Task.WhenAll(Enumerable.Range(0, GroupCount).SelectMany(g =>
            Enumerable.Range(0, MembersPerGroup).Select(_ => JoinAndSyncAsync($"g{g}"))));

        var generations = _host.Read(state => state.Groups.All.Sum(g => (long)g.Metadata!.GenerationId));
        cost.Tell("classic", generations);
        var listed = (await _host.Groups.ListGroupsAsync(new ListGroupsCall { States = { "Stable" } }, Ct)).Groups;
        Assert.Equal(GroupCount, listed.Count);

        // A busy machine may let a member miss the first generation of its group.
        Assert.InRange(generations, GroupCount, 4 * GroupCount);
    }

    [Fact]
    public async Task Consumer_groups_gather_their_changes_and_then_are_quiet()
    {
        var cost = new Cost(this);

        await Task.WhenAll(Enumerable.Range(0, GroupCount).Select(g => SettleAsync($"g{g}")));

        var changes = _host.Read(state => state.Groups.All.Sum(g => g.Consumer!.Revision));
        cost.Tell("consumer", changes);
        var listed = (await _host.Groups.ListGroupsAsync(new ListGroupsCall { States = { "Stable" }, Types_ = { "consumer" } }, Ct)).Groups;
        Assert.Equal(GroupCount, listed.Count);

        // Each member joins, gives up, gets: far fewer changes than steps.
        Assert.InRange(changes, GroupCount, 2 * MembersPerGroup * GroupCount);
        await Task.WhenAll(Enumerable.Range(0, GroupCount).Select(async g =>
        {
            var described = await _host.Groups.DescribeConsumerGroupsAsync(new DescribeGroupsCall { GroupIds = { $"g{g}" } }, Ct);
            foreach (var member in described.Groups[0].Members)
            {
                var beat = await _host.Groups.ConsumerGroupHeartbeatAsync(Beat($"g{g}", member.MemberId, member.MemberEpoch, null), Ct);
                Assert.Equal((0, null), (beat.ErrorCode, beat.Assignment));
            }
        }));
        Assert.Equal(changes, _host.Read(state => state.Groups.All.Sum(g => g.Consumer!.Revision)));
    }

    private async Task JoinAndSyncAsync(string group)
    {
        var memberId = "";
        while (true)
        {
            var joined = await _host.Groups.JoinGroupAsync(
                new JoinGroupCall
                {
                    GroupId = group,
                    MemberId = memberId,
                    SessionTimeoutMs = 60_000,
                    RebalanceTimeoutMs = 60_000,
                    ProtocolType = "consumer",
                    ClientId = "c",
                    RequiresKnownMemberId = true,
                    Protocols = { new GroupProtocol { Name = "range", Metadata = ByteString.CopyFrom(new byte[60]) } },
                },
                Ct);
            memberId = joined.MemberId;
            if (joined.ErrorCode != 0)
            {
                Assert.True((ErrorCode)joined.ErrorCode is ErrorCode.MemberIdRequired or ErrorCode.RebalanceInProgress);
                continue;
            }

            var sync = new SyncGroupCall { GroupId = group, MemberId = memberId, GenerationId = joined.GenerationId };
            sync.Assignments.AddRange(joined.Members.Select(m =>
                new MemberAssignment { MemberId = m.MemberId, Assignment = ByteString.CopyFrom(new byte[60]) }));
            var error = (ErrorCode)(await _host.Groups.SyncGroupAsync(sync, Ct)).ErrorCode;
            var beat = new HeartbeatCall { GroupId = group, MemberId = memberId, GenerationId = joined.GenerationId };
            if (error == ErrorCode.None && joined.Members.Count is 0 or MembersPerGroup
                && (await _host.Groups.HeartbeatAsync(beat, Ct)).ErrorCode == 0)
            {
                return;
            }
        }
    }

    private async Task SettleAsync(string group)
    {
        var members = Enumerable.Range(0, MembersPerGroup).Select(i => $"{group}-m{i}").ToArray();
        var told = await Task.WhenAll(members.Select(id => _host.Groups.ConsumerGroupHeartbeatAsync(Join(group, id), Ct)));
        var owned = told.Select(t => t.Assignment.Partitions.Clone()).ToArray();
        while (owned.Sum(o => o.Sum(t => t.Partitions.Count)) != 20 || told.Select(t => t.MemberEpoch).Distinct().Count() > 1)
        {
            told = await Task.WhenAll(members.Select((id, i) =>
                _host.Groups.ConsumerGroupHeartbeatAsync(Beat(group, id, told[i].MemberEpoch, owned[i]), Ct)));
            for (var i = 0; i < MembersPerGroup; i++)
            {
                Assert.Equal(0, told[i].ErrorCode);
                owned[i] = told[i].Assignment?.Partitions.Clone() ?? owned[i];
            }
        }
    }

    private static ConsumerHeartbeatCall Join(string group, string id) => new()
    {
        GroupId = group, MemberId = id, RebalanceTimeoutMs = 60_000, HasOwned = true, HasTopicNames = true, TopicNames = { "t" },
    };

    private static ConsumerHeartbeatCall Beat(string group, string id, int epoch, IEnumerable<TopicPartitions>? owned) => new()
    {
        GroupId = group, MemberId = id, MemberEpoch = epoch, RebalanceTimeoutMs = -1, HasOwned = owned is not null, Owned = { owned ?? [] },
    };

    private sealed class Cost(ManyGroupsTests test)
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private readonly ulong _index = test._host.AppliedIndex;
        private readonly long _bytes = WrittenBytes();

        public void Tell(string protocol, long commands)
        {
            test.Tell($"{GroupCount} {protocol} groups of {MembersPerGroup}: "
                + $"{Stopwatch.GetElapsedTime(_started).TotalSeconds:0.00} s, {commands} commands in {test._host.AppliedIndex - _index} "
                + $"entries of the log, {(WrittenBytes() - _bytes) / 1024} KiB written by the process");
        }
    }

    private void Tell(string line) => output.WriteLine(line);

    // The log's files are made in their whole size at once; what was written the system knows.
    private static long WrittenBytes() => File.Exists("/proc/self/io")
        ? long.Parse(File.ReadLines("/proc/self/io").First(l => l.StartsWith("wchar", StringComparison.Ordinal))[7..], CultureInfo.InvariantCulture)
        : 0;
}
