using System.Buffers;
using System.Threading.Channels;
using Spillway.History.Events;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Clients;

/// <summary>
/// A producer with librdkafka's rules: up to five requests in flight to a broker; an idempotent one sends again what failed retriably, the
/// same batch with the same sequence, and takes a sequence out of order for the end of the world when it hits the first batch that has no
/// result. One loop owns all state; everything else is a message to it.
/// </summary>
internal sealed class ChaosProducer : IDisposable
{
    private readonly Channel<Action> _messages = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<TopicPartition, PartitionQueue> _queues = [];
    private readonly Dictionary<BrokerAddress, BrokerState> _brokers = [];
    private readonly ClusterConnections _cluster;
    private readonly ProducerOptions _options;
    private readonly BatchMaker _batches;
    private readonly Action<string> _noteError;
    private readonly Action<string> _noteFatal;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ITimer _tick;
    private bool _isAsking;
    private bool _wantsMetadata = true;
    private bool _hasProducerId;
    private bool _isOver;

    /// <param name="cluster">Whom to talk to; the producer owns it.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="random">For the records' bytes.</param>
    /// <param name="noteError">Told of every error, those that are retried included.</param>
    /// <param name="noteFatal">Told when the producer gives up for good.</param>
    public ChaosProducer(
        ClusterConnections cluster, ProducerOptions options, Random random, Action<string> noteError, Action<string> noteFatal)
    {
        (_cluster, _options, _noteError, _noteFatal) = (cluster, options, noteError, noteFatal);
        _batches = new BatchMaker(random, options.ValueBytesMax);
        _hasProducerId = !options.Idempotent;
        _tick = _time.CreateTimer(_ => Post(static () => { }), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
        _ = Task.Run(RunAsync);
    }

    /// <summary>Takes a batch of consecutive values; the result comes when it is known, or the producer is given up.</summary>
    public Task<BatchResult> SendAsync(TopicPartition partition, long firstValue, int count)
    {
        var batch = new ProducedBatch(partition, firstValue, count);
        Post(() => Take(batch));
        return batch.Result;
    }

    /// <summary>Gives up at once: nothing is sent any more, and what has no result gets what is known.</summary>
    public void Dispose()
    {
        Post(() => End(Outcome.Info, "disconnect"));
        _tick.Dispose();
        _cluster.Dispose();
    }

    private void Post(Action message) => _messages.Writer.TryWrite(message);

    private async Task RunAsync()
    {
        await foreach (var message in _messages.Reader.ReadAllAsync())
        {
            message();
            if (!_isOver)
            {
                Pump();
            }
        }
    }

    private void Take(ProducedBatch batch)
    {
        if (_isOver)
        {
            batch.Resolve(new BatchResult(Outcome.Fail, Error: "abort"));
            return;
        }

        if (!_queues.TryGetValue(batch.Partition, out var queue))
        {
            _queues[batch.Partition] = queue = new PartitionQueue();
        }

        queue.Batches.Add(batch);
    }

    private void End(Outcome outcome, string error)
    {
        _isOver = true;
        foreach (var batch in _queues.Values.SelectMany(static queue => queue.Batches))
        {
            // What was never sent is certainly not there.
            batch.Resolve(batch.Bytes is null ? new BatchResult(Outcome.Fail, Error: "abort") : new BatchResult(outcome, Error: error));
        }

        _queues.Clear();
    }

    private void Pump()
    {
        if (_wantsMetadata || !_hasProducerId)
        {
            Ask();
        }

        if (!_hasProducerId)
        {
            return;
        }

        var now = _time.GetTimestamp();
        foreach (var broker in _queues.Keys.Select(_cluster.LeaderOf).Concat(_brokers.Keys.Cast<BrokerAddress?>()).Distinct().ToList())
        {
            if (broker is null)
            {
                _wantsMetadata = true;
            }
            else
            {
                PumpBroker(broker.Value, now);
            }
        }
    }

    private void PumpBroker(BrokerAddress broker, long now)
    {
        if (!_brokers.TryGetValue(broker, out var state))
        {
            _brokers[broker] = state = new BrokerState();
        }

        if (state.InFlightCount > 0 && _time.GetElapsedTime(state.OldestSentAt) > _options.RequestTime)
        {
            state.EndReason = NoAnswerException.Timeout;
            state.Connection?.Dispose();
            return;
        }

        while (state.InFlightCount < _options.InFlightMax)
        {
            var batches = _queues
                .Where(queue => queue.Value.RetryAt <= now && _cluster.LeaderOf(queue.Key) == broker)
                .Select(queue => queue.Value.Next(broker, _options.Idempotent))
                .OfType<ProducedBatch>()
                .Take(_options.RequestPartitionsMax)
                .ToList();
            if (batches.Count == 0)
            {
                return;
            }

            if (state.Connection is not { IsOpen: true } connection)
            {
                // What was in flight on the old connection takes its place in the order again before anything goes out on another one.
                if (state.InFlightCount == 0)
                {
                    Connect(broker, state);
                }

                return;
            }

            SendRequest(broker, state, connection, batches);
        }
    }

    private void Connect(BrokerAddress broker, BrokerState state)
    {
        if (state.IsConnecting)
        {
            return;
        }

        state.IsConnecting = true;
        _ = Task.Run(async () =>
        {
            KafkaConnection? connection = null;
            try
            {
                connection = await _cluster.ConnectAsync(broker);
            }
            catch (NoAnswerException)
            {
                // Whoever leads instead is in newer metadata.
                await Task.Delay(_options.RetryBackoff);
            }

            Post(() =>
            {
                state.IsConnecting = false;
                state.EndReason = NoAnswerException.Disconnect;
                state.Connection = connection;
                _wantsMetadata |= connection is null;
            });
        });
    }

    private void SendRequest(BrokerAddress broker, BrokerState state, KafkaConnection connection, List<ProducedBatch> batches)
    {
        var request = new ProduceRequest { Acks = -1, TimeoutMs = (int)_options.RequestTime.TotalMilliseconds };
        foreach (var batch in batches)
        {
            batch.InFlightTo = broker;
            if (batch.Bytes is null)
            {
                var queue = _queues[batch.Partition];
                batch.Bytes = _batches.Make(batch.FirstValue, batch.Count, _options.Idempotent ? queue.NextSequence : -1);
                queue.NextSequence += batch.Count;
            }

            request.TopicData.Add(new ProduceRequest.TopicProduceData
            {
                Name = batch.Partition.Topic,
                PartitionData =
                {
                    new ProduceRequest.PartitionProduceData
                    {
                        Index = batch.Partition.Partition,
                        Records = new ReadOnlySequence<byte>(batch.Bytes),
                    },
                },
            });
        }

        state.InFlightCount++;
        state.OldestSentAt = state.InFlightCount == 1 ? _time.GetTimestamp() : state.OldestSentAt;
        connection.Send(ApiKey.Produce, 9, request, frame => Post(() => Settle(state, batches, frame)));
    }

    private void Settle(BrokerState state, List<ProducedBatch> batches, byte[]? frame)
    {
        state.InFlightCount--;
        state.OldestSentAt = _time.GetTimestamp();
        batches.ForEach(static batch => batch.InFlightTo = null);
        if (_isOver)
        {
            return;
        }

        if (frame is null)
        {
            _noteError(state.EndReason);
            _wantsMetadata = true;
            batches.ForEach(batch => Retry(batch, new BatchResult(Outcome.Info, Error: state.EndReason)));
            return;
        }

        var answer = KafkaConnection.Decode(frame, ApiKey.Produce, 9, ProduceResponse.Read);
        foreach (var topic in answer.Responses)
        {
            foreach (var partition in topic.PartitionResponses)
            {
                var key = new TopicPartition(topic.Name!, partition.Index);
                var batch = batches.Find(batch => batch.Partition == key)
                    ?? throw new InvalidOperationException($"an answer for {key}, which was not asked");
                SettleBatch(batch, (ErrorCode)partition.ErrorCode, partition.BaseOffset);
                if (_isOver)
                {
                    return;
                }
            }
        }
    }

    private void SettleBatch(ProducedBatch batch, ErrorCode error, long baseOffset)
    {
        if (error is ErrorCode.None or ErrorCode.DuplicateSequenceNumber)
        {
            Resolve(batch, new BatchResult(Outcome.Ok, error == ErrorCode.None ? baseOffset : -1));
            return;
        }

        var name = ErrorCodes.KafkaName(error);
        _wantsMetadata |= ErrorCodes.RefreshesMetadata(error);
        if (error == ErrorCode.OutOfOrderSequenceNumber && _options.Idempotent && _queues[batch.Partition].Batches[0] != batch)
        {
            // One before it failed, and it will be sent again in its place behind that one.
            Retry(batch, default);
            return;
        }

        _noteError(name);
        if (ErrorCodes.IsRetriable(error) || !_options.Idempotent)
        {
            Retry(batch, new BatchResult(OutcomeRules.OfSend(error), Error: name));
            return;
        }

        _noteFatal($"{name} for the first unacknowledged batch of {batch.Partition}, value {batch.FirstValue}");
        End(Outcome.Info, name);
    }

    /// <summary>An idempotent producer tries again; another one has no way to, and takes the result.</summary>
    private void Retry(ProducedBatch batch, BatchResult otherwise)
    {
        if (!_options.Idempotent)
        {
            Resolve(batch, otherwise);
        }
        else if (_queues.TryGetValue(batch.Partition, out var queue))
        {
            queue.RetryAt = _time.GetTimestamp() + (long)(_options.RetryBackoff.TotalSeconds * _time.TimestampFrequency);
        }
    }

    private void Resolve(ProducedBatch batch, BatchResult result)
    {
        _queues[batch.Partition].Batches.Remove(batch);
        batch.Resolve(result);
    }

    private void Ask()
    {
        if (_isAsking)
        {
            return;
        }

        _isAsking = true;
        _ = Task.Run(async () =>
        {
            var producerId = _hasProducerId ? null : await ProducerIds.AskAsync(_cluster);
            var error = await _cluster.RefreshAsync();
            await Task.Delay(_options.RetryBackoff);
            Post(() =>
            {
                _isAsking = false;
                _wantsMetadata = error is not null;
                if (producerId is { } given)
                {
                    _batches.SetProducer(given.ProducerId, given.ProducerEpoch);
                    _hasProducerId = true;
                }
            });
        });
    }

    private sealed class BrokerState
    {
        public KafkaConnection? Connection { get; set; }

        public bool IsConnecting { get; set; }

        public int InFlightCount { get; set; }

        /// <summary>When the oldest request in flight was sent, or the one before it was answered.</summary>
        public long OldestSentAt { get; set; }

        /// <summary>What is said of requests without an answer.</summary>
        public string EndReason { get; set; } = NoAnswerException.Disconnect;
    }
}
