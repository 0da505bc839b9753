using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>A group's core with the test's clock, over a state that takes what the core wants kept.</summary>
internal sealed class GroupTestContext
{
    private readonly Queue<GroupWrite> _held = new();
    private int _lastId;

    public StateContext State { get; } = new();

    public GroupCore Core { get; private set; } = new("g");

    public GroupLimits Limits { get; set; } = GroupLimits.Default with { InitialRebalanceDelayMs = 0 };

    public long NowMs { get; private set; }

    /// <summary>Writes wait for <see cref="FinishWrites"/> instead of being done at once.</summary>
    public bool HoldsWrites { get; set; }

    public DurableGroup? Kept => State.State.Groups.Find("g");

    public string NextId(string prefix) => $"{prefix}-{++_lastId}";

    public TestMember Member(string? instanceId = null, params (string Name, string Metadata)[] protocols) =>
        new(this, instanceId, protocols.Length > 0 ? protocols : [("range", "m")]);

    /// <summary>A stable group of so many.</summary>
    public TestMember[] StableGroup(int size, string? instancePrefix = null)
    {
        var members = Enumerable.Range(0, size)
            .Select(i => Member(instancePrefix is null ? null : $"{instancePrefix}{i}")).ToArray();
        Settle(members);
        Assert.Equal(GroupState.Stable, Core.State);
        return members;
    }

    /// <summary>All of them do what clients do until nobody has anything to do.</summary>
    public void Settle(params TestMember[] members)
    {
        for (var round = 0; round < 10; round++)
        {
            foreach (var member in members)
            {
                member.Proceed();
            }
        }
    }

    /// <summary>Time passes; what falls due on the way is done at its own moment.</summary>
    public void Advance(long ms)
    {
        var end = NowMs + ms;
        while (Core.NextDeadlineMs <= end)
        {
            NowMs = Math.Max(NowMs, Core.NextDeadlineMs);
            State.NowMs = 1_000_000 + NowMs;
            Core.Tick(NowMs);
            Write();
        }

        NowMs = end;
        State.NowMs = 1_000_000 + NowMs;
    }

    public void Write()
    {
        while (Core.TakeWrite() is { } write)
        {
            if (HoldsWrites)
            {
                _held.Enqueue(write);
            }
            else
            {
                Finish(write, ErrorCode.None);
            }
        }
    }

    public void FinishWrites(ErrorCode error = ErrorCode.None)
    {
        while (_held.TryDequeue(out var write))
        {
            Finish(write, error);
        }
    }

    public void Restart() => Core = GroupCore.Restore("g", Kept?.Metadata, NowMs, Limits.SizeMax);

    private void Finish(GroupWrite write, ErrorCode error)
    {
        if (error == ErrorCode.None)
        {
            Assert.True(State.Apply<GroupChangeResult>(write.Change).Accepted);
        }

        write.Done(error, NowMs);
        Write();
    }

    public static GroupProtocol Protocol((string Name, string Metadata) protocol) =>
        new() { Name = protocol.Name, Metadata = ByteString.CopyFromUtf8(protocol.Metadata) };
}
