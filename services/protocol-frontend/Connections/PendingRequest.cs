using System.IO.Pipelines;
using Spillway.Kafka.Buffers;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// A request in its place in the order of answers. The connection's reader begins it, whoever has the result ends it, the
/// connection's responder writes the answer when its turn has come.
/// </summary>
internal abstract class PendingRequest(KafkaConnection connection)
{
    public KafkaConnection Connection { get; } = connection;

    /// <summary>Holds the request's bytes; the connection's reference to it ends when the answer has been written.</summary>
    public abstract SharedBuffer Frame { get; }

    public abstract RequestOrder Order { get; }

    /// <summary>Whether the answer can be written.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Starts the work: everything whose order matters happens in here. Does not throw, does not block.</summary>
    public abstract void Begin();

    /// <summary>
    /// Writes the answer, once, after <see cref="IsDone"/>; with null where the client is gone and only what the answer
    /// holds is to be given back. True when the connection closes with it. Throws what the handler threw.
    /// </summary>
    public abstract bool WriteAnswer(PipeWriter? output);

    /// <summary>
    /// Ends the request if its result is not to be waited for: it has taken too long, or has lost its sense; true when it did. Called by
    /// the responder when everything before it has been answered.
    /// </summary>
    public virtual bool TryGiveUp() => false;

    /// <summary>The responder is done with it and does not touch it again.</summary>
    public virtual void Return()
    {
    }
}
