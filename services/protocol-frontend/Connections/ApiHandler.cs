using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// The usual handler: typed, and any failure of a service that it asks becomes the error code that Kafka has for it.
/// </summary>
internal abstract partial class ApiHandler<TRequest, TResponse>(ILogger logger) : IMessageHandler
    where TRequest : class, IKafkaRequest
    where TResponse : class, IKafkaResponse
{
    public abstract ApiKey ApiKey { get; }

    public virtual short VersionMin => MessageCatalog.MinVersion(ApiKey);

    public virtual short VersionMax => MessageCatalog.MaxStableVersion(ApiKey);

    public virtual RequestOrder Order => RequestOrder.AfterPrevious;

    public async ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request)
    {
        var typed = (TRequest)request;
        try
        {
            return new Answer(await HandleAsync(context, typed).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (context.Aborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure) when (failure is RpcException or TimeoutException or OperationCanceledException)
        {
            LogDependencyFailed(logger, ApiKey, context.ClientId, failure.Message);
            return new Answer(Fail(context, typed, FailureTranslation.ToErrorCode(ApiKey, failure)));
        }
#pragma warning disable CA1031 // The last line of defence: a bug in one request must not close the connection of the others.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            LogBug(logger, bug, ApiKey, context.ApiVersion, context.ClientId);
            return new Answer(Fail(context, typed, ErrorCode.UnknownServerError));
        }
    }

    protected abstract ValueTask<TResponse> HandleAsync(RequestContext context, TRequest request);

    /// <summary>The response that says <paramref name="error"/> for all that the request asked.</summary>
    protected abstract TResponse Fail(RequestContext context, TRequest request, ErrorCode error);

    [LoggerMessage(1001, LogLevel.Warning, "{ApiKey} of client {ClientId} failed: {Reason}")]
    private static partial void LogDependencyFailed(ILogger logger, ApiKey apiKey, string? clientId, string reason);

    [LoggerMessage(1002, LogLevel.Error, "{ApiKey} v{Version} of client {ClientId} failed by a bug")]
    private static partial void LogBug(ILogger logger, Exception bug, ApiKey apiKey, short version, string? clientId);
}
