using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching.Sessions;

/// <summary>
/// Opens each fetch in its session, by id and epoch (KIP-227):
/// <code>
/// id, epoch −1   no session; one with that id ends
/// id, epoch 0    a full fetch that begins a session; one with that id ends
/// id, epoch n    goes on in the session with that id, if n is its next epoch
/// </code>
/// </summary>
internal sealed class FetchSessions(FetchSessionCache cache)
{
    private const short SessionVersion = 7;

    public FetchContext Open(FetchRequest fetch, short version)
    {
        if (version < SessionVersion)
        {
            return FetchContext.Sessionless(fetch);
        }

        var usesTopicIds = version >= FetchTargets.TopicIdVersion;
        if (fetch.SessionEpoch is FetchSession.InitialEpoch or FetchSession.FinalEpoch)
        {
            if (fetch.SessionId != 0)
            {
                cache.Remove(fetch.SessionId);
            }

            return fetch.SessionEpoch == FetchSession.FinalEpoch
                ? FetchContext.Sessionless(fetch)
                : FetchContext.Full(fetch, cache, usesTopicIds);
        }

        return cache.TryGet(fetch.SessionId, out var session)
            ? GoOn(session, fetch, usesTopicIds)
            : FetchContext.Refused(ErrorCode.FetchSessionIdNotFound);
    }

    private FetchContext GoOn(FetchSession session, FetchRequest fetch, bool usesTopicIds)
    {
        if (session.Epoch != fetch.SessionEpoch)
        {
            return FetchContext.Refused(ErrorCode.InvalidFetchSessionEpoch);
        }

        // The session's partitions are named in the one way or the other (KIP-516).
        if (session.UsesTopicIds != usesTopicIds)
        {
            return FetchContext.Refused(ErrorCode.FetchSessionTopicIdError);
        }

        if (!session.TryAdvance(fetch.SessionEpoch))
        {
            return FetchContext.Refused(ErrorCode.InvalidFetchSessionEpoch);
        }

        var partitions = session.Update(AskedPartition.Of(fetch), fetch.ForgottenTopicsData);
        if (partitions.Count == 0)
        {
            // Nothing is left to remember: the answer says so by its session id, 0.
            cache.Remove(session.Id);
            return FetchContext.Sessionless(fetch);
        }

        cache.Touch(session);
        return FetchContext.Incremental(session, partitions, fetch.SessionEpoch);
    }
}
