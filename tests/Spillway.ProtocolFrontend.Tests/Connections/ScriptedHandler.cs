using System.Collections.Concurrent;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Tests.Connections;

/// <summary>A handler whose answers the test gives, one by one and in any order.</summary>
internal sealed class ScriptedHandler(ApiKey apiKey, RequestOrder order, Func<IKafkaResponse> respond) : IMessageHandler
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource<Answer>> _waiting = new();

    public ApiKey ApiKey { get; } = apiKey;

    public short VersionMin => MessageCatalog.MinVersion(ApiKey);

    public short VersionMax => MessageCatalog.MaxStableVersion(ApiKey);

    public RequestOrder Order { get; } = order;

    public ConcurrentQueue<int> Begun { get; } = new();

    /// <summary>Answers every request as soon as it comes.</summary>
    public bool AnswersAtOnce { get; init; }

    public ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request)
    {
        Begun.Enqueue(context.CorrelationId);
        return AnswersAtOnce
            ? ValueTask.FromResult(new Answer(respond()))
            : new ValueTask<Answer>(Waiting(context.CorrelationId).Task);
    }

    public void Answer(int correlationId) => Waiting(correlationId).SetResult(new Answer(respond()));

    public void Fail(int correlationId, Exception exception) => Waiting(correlationId).SetException(exception);

    private TaskCompletionSource<Answer> Waiting(int correlationId) => _waiting.GetOrAdd(
        correlationId, static _ => new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously));
}
