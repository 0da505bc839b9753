using Spillway.Metadata.Log;
using Spillway.Raft;
using Spillway.ServiceDefaults.Draining;

namespace Spillway.Metadata.Members;

/// <summary>
/// Hands leadership over before anything else of a stop, while this node still answers: who asks it is told where the leader is,
/// and loses the milliseconds that a hand-over takes instead of an election.
/// </summary>
internal sealed partial class LeadershipDrain(
    MetadataNode node, IReplicatedGroup group, ILogger<LeadershipDrain> logger) : IDrainable
{
    public string Name => "metadata.leadership";

    public DrainStage Stage => DrainStage.StopAccepting;

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (!node.IsLeader || !group.Members.Any(member => member.Voter && member.NodeId != node.Leadership.LeaderId))
        {
            return;
        }

        try
        {
            if (await group.TransferLeadershipAsync(null, cancellationToken))
            {
                Log.HandedOver(logger, node.Leadership.LeaderId);
            }
            else
            {
                Log.NotHandedOver(logger, "no other voter was ready");
            }
        }
        catch (ReplicatedLogException e)
        {
            Log.NotHandedOver(logger, e.Message); // it went by itself, or the log is gone
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2120, LogLevel.Information, "Handed leadership over to node {NodeId} before the stop.")]
        public static partial void HandedOver(ILogger logger, ulong nodeId);

        [LoggerMessage(2121, LogLevel.Warning, "Leadership was not handed over before the stop: {Reason}.")]
        public static partial void NotHandedOver(ILogger logger, string reason);
    }
}
