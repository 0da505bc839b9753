using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Groups;

/// <summary>What has to be durable before the group goes on.</summary>
/// <param name="Change">The group as it is to be kept.</param>
/// <param name="Done">Called with how it ended, and the time.</param>
internal sealed record GroupWrite(Command Change, Action<ErrorCode, long> Done)
{
    public GroupWrite(PutGroup record, Action<ErrorCode, long> done)
        : this(new Command { PutGroup = record }, done)
    {
    }
}
