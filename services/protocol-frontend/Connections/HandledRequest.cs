using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>A request that a <see cref="IMessageHandler"/> answers.</summary>
internal sealed class HandledRequest(
    RequestContext context, IKafkaRequest request, IMessageHandler handler, ProtocolFrontendMetrics metrics)
    : PendingRequest(context.Connection)
{
    private Answer _answer;
    private ExceptionDispatchInfo? _failure;
    private volatile bool _isDone;

    public override SharedBuffer Frame => context.Frame;

    public override RequestOrder Order => handler.Order;

    public override bool IsDone => _isDone;

    public override void Begin() => _ = RunAsync();

    public override bool WriteAnswer(PipeWriter? output)
    {
        try
        {
            _failure?.Throw();
            if (output is not null && _answer.Response is { } response)
            {
                ResponseFrame.Write(
                    output, context.ApiKey, _answer.Version ?? context.ApiVersion, context.CorrelationId, response);
            }
        }
        finally
        {
            _answer.Lease?.Dispose();
        }

        return _answer.ClosesConnection;
    }

    public override string ToString() => $"{context.ApiKey} v{context.ApiVersion}";

    [SuppressMessage("Design", "CA1031", Justification = "It goes to the responder, which closes the connection.")]
    private async Task RunAsync()
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            _answer = await handler.HandleAsync(context, request).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }

        metrics.RequestHandled(context.ApiKey, Stopwatch.GetElapsedTime(started));
        _isDone = true;
        Connection.Answers.Set();
    }
}
