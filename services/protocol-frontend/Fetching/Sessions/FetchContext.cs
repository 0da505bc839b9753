using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching.Sessions;

/// <summary>One fetch as its session makes it: which partitions are read, and which of them the answer holds.</summary>
internal sealed class FetchContext
{
    private readonly FetchSessionCache? _cache;
    private readonly FetchSession? _session;
    private readonly List<SessionPartition> _partitions;
    private readonly int _requestEpoch;
    private readonly bool _usesTopicIds;

    private FetchContext(
        List<SessionPartition> partitions, FetchSessionCache? cache, FetchSession? session, int requestEpoch, bool usesTopicIds)
    {
        (_partitions, _cache, _session, _requestEpoch, _usesTopicIds) = (partitions, cache, session, requestEpoch, usesTopicIds);
        Asked = partitions.ConvertAll(static partition => partition.Asked);
    }

    /// <summary>Set where the session says no to the request; there is nothing to read then.</summary>
    public ErrorCode Error { get; private init; }

    /// <summary>What is read, in the order in which it is served.</summary>
    public List<AskedPartition> Asked { get; }

    public IReadOnlyList<SessionPartition> Partitions => _partitions;

    public static FetchContext Refused(ErrorCode error) => new([], null, null, 0, false) { Error = error };

    /// <summary>No session: the answer holds all that was asked for.</summary>
    public static FetchContext Sessionless(FetchRequest fetch) =>
        new(AskedPartition.Of(fetch).ConvertAll(static asked => new SessionPartition(asked)), null, null, 0, false);

    /// <summary>A full fetch that asks for a session: its answer holds everything.</summary>
    public static FetchContext Full(FetchRequest fetch, FetchSessionCache cache, bool usesTopicIds) =>
        new(AskedPartition.Of(fetch).ConvertAll(static asked => new SessionPartition(asked)), cache, null, 0, usesTopicIds);

    /// <summary>A fetch of a session's partitions; its answer holds what is news.</summary>
    public static FetchContext Incremental(FetchSession session, List<SessionPartition> partitions, int requestEpoch) =>
        new(partitions, null, session, requestEpoch, session.UsesTopicIds);

    /// <summary>The answer, of what was read of each partition asked for.</summary>
    public FetchResponse Answer(IReadOnlyList<FetchedPartition> fetched)
    {
        if (_session is null)
        {
            return Respond(fetched, CreateSession(fetched));
        }

        return _session.NoteAnswer(_requestEpoch, _partitions, fetched) is { } news
            ? Respond(news, _session.Id)
            : new FetchResponse { ErrorCode = (short)ErrorCode.InvalidFetchSessionEpoch, SessionId = _session.Id };
    }

    private int CreateSession(IReadOnlyList<FetchedPartition> fetched)
    {
        if (_cache is null)
        {
            return 0;
        }

        for (var i = 0; i < fetched.Count; i++)
        {
            _partitions[i].NoteAnswer(fetched[i].Data);
        }

        return _cache.TryCreate(_usesTopicIds, _partitions)?.Id ?? 0;
    }

    private static FetchResponse Respond(IReadOnlyList<FetchedPartition> fetched, int sessionId)
    {
        var response = new FetchResponse { SessionId = sessionId };
        foreach (var (target, data) in fetched)
        {
            // Neighbours of one topic share its entry.
            if (response.Responses.Count == 0 || response.Responses[^1] is var last && (last.TopicId != target.TopicId || last.Topic != target.Topic))
            {
                response.Responses.Add(new FetchResponse.FetchableTopicResponse { Topic = target.Topic, TopicId = target.TopicId });
            }

            response.Responses[^1].Partitions.Add(data);
        }

        return response;
    }
}
