using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Clients;

/// <summary>
/// Requests to the coordinator of a group or of a transactional id, sent again until they are answered with something that is not to be tried again. Not
/// thread-safe.
/// </summary>
internal sealed class CoordinatorCalls(ClusterConnections cluster, string key, sbyte keyType, Action<string> noteError)
{
    public const sbyte Group = 0;
    public const sbyte Transaction = 1;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    private BrokerAddress? _coordinator;

    /// <summary>Some request was sent and not answered: it may be carried out yet, at any time.</summary>
    public bool IsIndefinite { get; set; }

    /// <summary>Null when time was up or it was cancelled before there was an answer that counts.</summary>
    public async Task<(TResponse? Answer, ErrorCode? Error)> CallAsync<TResponse>(
        ApiKey apiKey,
        short version,
        IKafkaRequest request,
        ReadMessage<TResponse> read,
        Func<TResponse, short> errorOf,
        CancellationToken cancellationToken)
        where TResponse : class
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var (answer, error) = await TryAsync(apiKey, version, request, read, errorOf);
            if (answer is not null && (error == ErrorCode.None || !IsRetriable(error)))
            {
                return (answer, error);
            }

            await Task.Delay(Backoff, CancellationToken.None);
        }

        return (null, null);
    }

    private async Task<(TResponse? Answer, ErrorCode Error)> TryAsync<TResponse>(
        ApiKey apiKey, short version, IKafkaRequest request, ReadMessage<TResponse> read, Func<TResponse, short> errorOf)
        where TResponse : class
    {
        try
        {
            _coordinator ??= await FindAsync();
            if (_coordinator is not { } coordinator)
            {
                return (null, ErrorCode.CoordinatorNotAvailable);
            }

            var connection = await cluster.ConnectAsync(coordinator);
            IsIndefinite = true;
            var answer = await connection.CallAsync(apiKey, version, request, read, AnswerTime);
            var error = (ErrorCode)errorOf(answer);

            // What the coordinator could not say is as open as what it did not say.
            IsIndefinite = IsRetriable(error) && error != ErrorCode.UnstableOffsetCommit;
            Note(error);
            return (answer, error);
        }
        catch (NoAnswerException e)
        {
            noteError(e.Error);
            _coordinator = null;
            return (null, ErrorCode.None);
        }
    }

    private async Task<BrokerAddress?> FindAsync()
    {
        var connection = await cluster.ConnectAsync(cluster.AnyBroker());
        var request = new FindCoordinatorRequest { Key = key, KeyType = keyType };
        var answer = await connection.CallAsync(ApiKey.FindCoordinator, 2, request, FindCoordinatorResponse.Read, AnswerTime);
        Note((ErrorCode)answer.ErrorCode);
        return answer.ErrorCode == 0 ? new BrokerAddress(answer.Host, answer.Port) : null;
    }

    private void Note(ErrorCode error)
    {
        if (error is ErrorCode.NotCoordinator or ErrorCode.CoordinatorNotAvailable)
        {
            _coordinator = null;
        }

        // That an offset is about to change is no fault.
        if (error is not (ErrorCode.None or ErrorCode.UnstableOffsetCommit))
        {
            noteError(ErrorCodes.KafkaName(error));
        }
    }

    private static bool IsRetriable(ErrorCode error) => error is ErrorCode.NotCoordinator or ErrorCode.CoordinatorNotAvailable
        or ErrorCode.CoordinatorLoadInProgress or ErrorCode.ConcurrentTransactions or ErrorCode.UnstableOffsetCommit
        or ErrorCode.RequestTimedOut;
}
