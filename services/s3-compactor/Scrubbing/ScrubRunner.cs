using System.Globalization;
using Spillway.Kafka.Buffers;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Scrubbing;

/// <summary>
/// Reads the objects that metadata names, whole, and says which are damaged. A store that does not answer says nothing about an object: the job
/// ends there as failed, and what it has read until then counts.
/// </summary>
internal sealed partial class ScrubRunner(
    IObjectStore store, BufferPool buffers, IFailPoints failPoints, S3CompactorMetrics metrics, ILogger<ScrubRunner> logger) : IJobRunner
{
    private readonly ObjectVerifier _verifier = new(store.For(RequestCause.Scrub), buffers);

    public JobKind Kind => JobKind.Scrub;

    public async Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken)
    {
        List<ScrubbedObject> scrubbed = [];
        try
        {
            foreach (var wanted in job.Objects)
            {
                scrubbed.Add(await ScrubAsync(wanted, cancellationToken));
                await failPoints.PassAsync(FailPoint.ObjectScrubbed, cancellationToken);
            }
        }
        catch (ObjectStoreException e)
        {
            Log.NotRead(logger, e.Key, e.Message);
        }

        await failPoints.PassAsync(FailPoint.ScrubFinished, cancellationToken);
        return new JobOutcome(scrubbed.Count < job.Objects.Count, []) { Scrubbed = scrubbed };
    }

    private static ObjectDamageKind KindOf(ObjectDamageSite site) => site switch
    {
        ObjectDamageSite.Missing => ObjectDamageKind.Missing,
        ObjectDamageSite.Length => ObjectDamageKind.Length,
        ObjectDamageSite.Footer => ObjectDamageKind.Footer,
        ObjectDamageSite.Index => ObjectDamageKind.Index,
        _ => ObjectDamageKind.DataBlock,
    };

    /// <summary>What of which logs is hit, as far as the object itself tells.</summary>
    private static string Describe(ObjectDamage damage)
    {
        if (damage.BlockCount == 0)
        {
            return "all that the index has in it";
        }

        var blocks = damage.Blocks.Select(static block => string.Create(
            CultureInfo.InvariantCulture, $"log {block.LogId.Value} offsets {block.BaseOffset} to {block.LastOffset}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{damage.BlockCount} of {damage.BlockTotal} data blocks: {string.Join("; ", blocks)}{(damage.BlockCount > damage.Blocks.Count ? "; …" : "")}");
    }

    private async Task<ScrubbedObject> ScrubAsync(ObjectToScrub wanted, CancellationToken cancellationToken)
    {
        var damage = await _verifier.FindDamageAsync(wanted.Key, wanted.ObjectId, wanted.SizeBytes, cancellationToken);
        metrics.ObjectScrubbed(wanted.SizeBytes, damage is not null);
        if (damage is null)
        {
            return new ScrubbedObject { ObjectId = wanted.ObjectId };
        }

        var hit = Describe(damage);
        Log.Damaged(logger, wanted.Key, wanted.ObjectId, damage.Reason, hit);
        return new ScrubbedObject
        {
            ObjectId = wanted.ObjectId,
            Damage = KindOf(damage.Site),
            Position = damage.Position,
            Reason = damage.BlockCount > 0 ? $"{hit}; {damage.Reason}" : damage.Reason,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(1490, LogLevel.Error, "Object '{Key}' ({ObjectId}) is damaged: {Reason}. Hit: {Hit}.")]
        public static partial void Damaged(ILogger logger, string key, long objectId, string reason, string hit);

        [LoggerMessage(1491, LogLevel.Warning, "Object '{Key}' could not be read for a scrub, which says nothing about it: {Reason}")]
        public static partial void NotRead(ILogger logger, string key, string reason);
    }
}
