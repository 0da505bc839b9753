using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Groups;

/// <summary>A member of a group and what it waits for. Owned by its <see cref="GroupCore"/>.</summary>
internal sealed class GroupMember
{
    /// <summary>A static member gets another one when its process restarts.</summary>
    public required string Id { get; set; }

    /// <summary>Null: not a static member.</summary>
    public string? InstanceId { get; init; }

    public required string ClientId { get; set; }

    public required string ClientHost { get; set; }

    public int SessionTimeoutMs { get; set; }

    public int RebalanceTimeoutMs { get; set; }

    /// <summary>The one it likes best first.</summary>
    public required IReadOnlyList<GroupProtocol> Protocols { get; set; }

    public ByteString Assignment { get; set; } = ByteString.Empty;

    /// <summary>It waits in its first rebalance, and does not know its id yet or has no reason to keep it.</summary>
    public bool IsNew { get; set; }

    /// <summary>It has not asked for its assignment in this generation.</summary>
    public bool OwesSync { get; set; }

    public long SessionDeadlineMs { get; set; }

    /// <summary>Not null: it has (re)joined and waits for the others.</summary>
    public Reply<JoinGroupResult>? Join { get; private set; }

    /// <summary>Not null: it waits for its assignment.</summary>
    public Reply<SyncGroupResult>? Sync { get; private set; }

    /// <summary>
    /// Whoever waits for the group cannot send heartbeats. A new member's wait ends all the same: its client may have given
    /// up long ago and come back as another member.
    /// </summary>
    public bool CanExpire => IsNew || (Join is null && Sync is null);

    public void AwaitJoin(Reply<JoinGroupResult> reply)
    {
        // The client asked twice: nobody reads the first answer any more.
        Answer(new JoinGroupResult { ErrorCode = (int)ErrorCode.RebalanceInProgress, GenerationId = -1, MemberId = Id });
        Join = reply;
    }

    public void AwaitSync(Reply<SyncGroupResult> reply)
    {
        Answer(new SyncGroupResult { ErrorCode = (int)ErrorCode.RebalanceInProgress });
        Sync = reply;
    }

    public void Answer(JoinGroupResult answer)
    {
        Join?.Set(answer);
        Join = null;
    }

    public void Answer(SyncGroupResult answer)
    {
        Sync?.Set(answer);
        Sync = null;
    }

    /// <summary>Ends whatever it waits for.</summary>
    public void Fail(ErrorCode error)
    {
        Answer(new JoinGroupResult
        {
            // Whoever is not a member any more comes back as another one.
            ErrorCode = (int)error, GenerationId = -1, MemberId = error == ErrorCode.UnknownMemberId ? "" : Id,
        });
        Answer(new SyncGroupResult { ErrorCode = (int)error });
    }

    public void Take(JoinGroupCall call)
    {
        SessionTimeoutMs = call.SessionTimeoutMs;
        RebalanceTimeoutMs = call.RebalanceTimeoutMs;
        Protocols = [.. call.Protocols];
    }

    public bool Speaks(string protocol) => Protocols.Any(p => p.Name == protocol);

    public ByteString MetadataFor(string? protocol) =>
        Protocols.FirstOrDefault(p => p.Name == protocol)?.Metadata ?? ByteString.Empty;

    /// <summary>Same protocols with the same metadata in the same order.</summary>
    public bool Matches(IReadOnlyList<GroupProtocol> protocols) => Protocols.SequenceEqual(protocols);

    public StoredGroupMember ToRecord(ByteString assignment)
    {
        var record = new StoredGroupMember
        {
            MemberId = Id,
            ClientId = ClientId,
            ClientHost = ClientHost,
            SessionTimeoutMs = SessionTimeoutMs,
            RebalanceTimeoutMs = RebalanceTimeoutMs,
            Protocols = { Protocols },
            Assignment = assignment,
        };
        if (InstanceId is not null)
        {
            record.GroupInstanceId = InstanceId;
        }

        return record;
    }

    public static GroupMember Restore(StoredGroupMember stored) => new()
    {
        Id = stored.MemberId,
        InstanceId = stored.HasGroupInstanceId ? stored.GroupInstanceId : null,
        ClientId = stored.ClientId,
        ClientHost = stored.ClientHost,
        SessionTimeoutMs = stored.SessionTimeoutMs,
        RebalanceTimeoutMs = stored.RebalanceTimeoutMs,
        Protocols = [.. stored.Protocols],
        Assignment = stored.Assignment,
    };
}
