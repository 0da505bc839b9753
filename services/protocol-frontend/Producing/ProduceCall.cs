using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Produce;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// One produce request from its reading to its answer. Its connection uses it again and again: what a produce costs in garbage
/// is not here. One thread at a time has it: the reader until it is submitted, then whoever ends it, then the responder.
/// </summary>
internal sealed class ProduceCall(KafkaConnection connection, ProduceHandler handler)
    : PendingRequest(connection), IAppendObserver
{
    private const int PartitionsKept = 256;

    // Once submitted, one of two ends it: the writer's answer or the responder that gives it up. Above these bits the state counts the
    // call's uses: who is late with one must not touch the next.
    private const int Begun = 0;
    private const int Submitted = 1;
    private const int Ending = 2;
    private const int Done = 3;
    private const int PhaseMask = 3;

    private readonly List<string> _topicNames = [];
    private SharedBuffer? _frame;
    private string? _transactionalId;
    private AppendRequest? _append;
    private ProduceTarget[] _targets = [];
    private ProducePartitionResult[] _results = [];
    private ExceptionDispatchInfo? _failure;
    private long _startTimestamp;
    private bool _isAbandoned;
    private bool _isSent;
    private bool _losesOrder;
    private int _state;

    public override SharedBuffer Frame => _frame!;

    public override RequestOrder Order => RequestOrder.Ahead;

    public override bool IsDone => (Volatile.Read(ref _state) & PhaseMask) == Done;

    /// <summary>How long the client has waited for it.</summary>
    public TimeSpan Age => handler.Time.GetElapsedTime(_startTimestamp);

    /// <summary>What the client sent.</summary>
    public ProduceRequestFrame Request { get; } = new();

    /// <summary>The topics' names, up to v12; strings, since tables go by them.</summary>
    public IReadOnlyList<string> TopicNames => _topicNames;

    /// <summary>The request's partitions in its order, and their results beside them.</summary>
    public Span<ProduceTarget> Targets => _targets.AsSpan(0, Request.Partitions.Length);

    public Span<ProducePartitionResult> Results => _results.AsSpan(0, Request.Partitions.Length);

    /// <summary>Some of the partitions are named more than once (<see cref="RepeatedPartitions"/>).</summary>
    public bool HasRepeated { get; set; }

    /// <summary>The batches that go to the writer, in the order of their partitions.</summary>
    public List<BatchToAppend> Batches { get; } = [];

    /// <summary>
    /// Reads a request; the frame is the call's then. Throws <see cref="Kafka.Wire.MalformedMessageException"/>.
    /// </summary>
    public void Read(SharedBuffer frame, short apiVersion)
    {
        Request.Read(frame.Memory, apiVersion);
        _frame = frame;
        _isSent = _losesOrder = false;
        Volatile.Write(ref _state, (_state & ~PhaseMask) + PhaseMask + 1 + Begun);
        var count = Request.Partitions.Length;
        if (_targets.Length < count)
        {
            _targets = new ProduceTarget[count];
            _results = new ProducePartitionResult[count];
        }

        var names = Connection.State.Names;
        _transactionalId = Request.TransactionalId is { } id ? names.Get(id.Span) : null;
        foreach (ref readonly var topic in Request.Topics)
        {
            _topicNames.Add(names.Get(topic.Name.Span));
        }
    }

    public override void Begin()
    {
        _startTimestamp = handler.Time.GetTimestamp();
        handler.Begin(this);
    }

    /// <summary>Hands the batches to a writer, which ends the call.</summary>
    public void AppendTo(IAppendStream writer)
    {
        _append ??= new AppendRequest { Owner = Frame, Batches = Batches };
        _append.Owner = Frame;
        _append.TransactionalId = _transactionalId;
        _append.TransactionVersion = TransactionVersion;
        _isSent = true;
        var order = Connection.State.Order;
        var begun = Volatile.Read(ref _state);
        order.Sent();
        writer.Append(_append, this);

        // Not before: who gives it up gives the frame back, which the writer holds on to only now.
        if (Interlocked.CompareExchange(ref _state, begun + Submitted - Begun, begun) == begun && order.IsLost)
        {
            Connection.Answers.Set();
        }
    }

    /// <summary>The client will send something of this again: nothing behind it may be sent before it knows.</summary>
    public void LoseOrder(ErrorCode error)
    {
        _losesOrder = true;
        if (Connection.State.Order.TryLose(error))
        {
            handler.CloseAfterFailure(Connection, error);
        }
    }

    /// <summary>Gives every partition that has no error yet this one, and ends the call.</summary>
    public void Refuse(ErrorCode error)
    {
        if (TryBeginEnd())
        {
            End(error);
            OnSettled();
        }
    }

    /// <summary>Ends the call: the connection is to end by the exception.</summary>
    public void Fail(Exception failure)
    {
        _failure = ExceptionDispatchInfo.Capture(failure);
        Refuse(ErrorCode.UnknownServerError);
    }

    [SuppressMessage("Design", "CA1031", Justification = "It goes to the responder, which closes the connection.")]
    public void OnAppended(ErrorCode error, ReadOnlySpan<BatchAppendResult> results)
    {
        if (!TryBeginEnd())
        {
            return;
        }

        if (error == ErrorCode.None)
        {
            try
            {
                handler.Take(this, results);
            }
            catch (Exception bug)
            {
                _failure = ExceptionDispatchInfo.Capture(bug);
            }
        }

        End(error);
    }

    public void OnSettled() => Connection.Answers.Set();

    public override bool TryGiveUp()
    {
        var order = Connection.State.Order;
        if ((Volatile.Read(ref _state) & PhaseMask) != Submitted
            || (!order.IsTold && Age < handler.WaitAtMost(Request))
            || !TryBeginEnd())
        {
            return false;
        }

        // The outcome is not known: it may be committed yet, and a retry of an idempotent producer will find out. The writer
        // still has the call and will end it at some time, so it is nobody else's any more.
        _isAbandoned = true;
        End(order.IsTold ? order.Failure : ErrorCode.RequestTimedOut);
        return true;
    }

    public override bool WriteAnswer(PipeWriter? output)
    {
        _failure?.Throw();
        var order = Connection.State.Order;
        order.IsTold |= _losesOrder;
        if (Request.Acks == 0)
        {
            // Where the connection closes anyway, what is behind still gets its answer.
            return HasError && !order.IsLost;
        }

        if (output is not null)
        {
            if (HasRepeated)
            {
                LeaveOutRepeated();
            }

            ProduceErrors.FitToVersion(Results, Request.Version);
            ProduceResponseFrame.Write(output, Request, Results);
        }

        return false;
    }

    public override void Return()
    {
        if (_isAbandoned || _failure is not null)
        {
            return;
        }

        Targets.Clear();
        Results.Clear();
        Request.Clear();
        Batches.Clear();
        _topicNames.Clear();
        _frame = null;
        _transactionalId = null;
        HasRepeated = false;
        if (_targets.Length <= PartitionsKept)
        {
            Connection.State.ProduceCalls.Return(this);
        }
    }

    public override string ToString() => $"Produce v{Request.Version}";

    // KIP-890: from Produce v12 on the append itself adds the partition to the transaction.
    private int TransactionVersion => _transactionalId is null ? 0 : Request.Version >= 12 ? 2 : 1;

    private bool HasError
    {
        get
        {
            foreach (ref readonly var result in Results)
            {
                if (result.ErrorCode != (short)ErrorCode.None)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private void LeaveOutRepeated()
    {
        for (var i = 0; i < Results.Length; i++)
        {
            Results[i].IsLeftOut = Targets[i].IsSuperseded;
        }
    }

    private bool TryBeginEnd()
    {
        var state = Volatile.Read(ref _state);
        while ((state & PhaseMask) is Begun or Submitted)
        {
            var seen = Interlocked.CompareExchange(ref _state, (state & ~PhaseMask) + Ending, state);
            if (seen == state)
            {
                return true;
            }

            state = seen;
        }

        return false;
    }

    private void End(ErrorCode error)
    {
        if (error != ErrorCode.None)
        {
            var partitions = Request.Partitions;
            for (var i = 0; i < partitions.Length; i++)
            {
                if (_results[i].ErrorCode == (short)ErrorCode.None)
                {
                    ProduceErrors.Set(ref _results[i], partitions[i].Index, error, null);
                }
            }

            if (ProduceErrors.LosesOrder(error))
            {
                LoseOrder(error);
            }
        }

        if (_isSent && !_losesOrder)
        {
            Connection.State.Order.Resolved();
        }

        handler.NoteHandled(Age);
        Volatile.Write(ref _state, (_state & ~PhaseMask) + Done);
    }
}
