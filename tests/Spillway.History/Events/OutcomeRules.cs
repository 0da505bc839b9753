using Spillway.Kafka.Errors;

namespace Spillway.History.Events;

/// <summary>Which outcome a broker's answer is. A client that sees no answer at all has <see cref="Outcome.Info"/>.</summary>
public static class OutcomeRules
{
    /// <summary>The outcome of a send that will not be tried again.</summary>
    /// <remarks>
    /// Only a check that comes before the append proves that nothing was appended. NOT_LEADER and the like do not: the batch of an earlier try
    /// may be in the log.
    /// </remarks>
    public static Outcome OfSend(ErrorCode error) => error switch
    {
        ErrorCode.None or ErrorCode.DuplicateSequenceNumber => Outcome.Ok,
        ErrorCode.OutOfOrderSequenceNumber
            or ErrorCode.InvalidProducerEpoch
            or ErrorCode.ProducerFenced
            or ErrorCode.TopicAuthorizationFailed
            or ErrorCode.ClusterAuthorizationFailed
            or ErrorCode.TransactionalIdAuthorizationFailed
            or ErrorCode.MessageTooLarge
            or ErrorCode.RecordListTooLarge
            or ErrorCode.InvalidRecord
            or ErrorCode.InvalidTimestamp
            or ErrorCode.UnsupportedCompressionType
            or ErrorCode.PolicyViolation => Outcome.Fail,
        _ => Outcome.Info,
    };

    /// <summary>The outcome of a transaction from the answer to its end.</summary>
    /// <param name="commit">The answer to the commit; null when none came, or none was asked for.</param>
    /// <param name="abort">The answer to the abort that followed or stood in its place; null when none came.</param>
    public static Outcome OfTransaction(ErrorCode? commit, ErrorCode? abort)
    {
        if (commit == ErrorCode.None)
        {
            return Outcome.Ok;
        }

        // Fenced: somebody else has aborted it, or will. An abort that was answered: the same.
        return abort == ErrorCode.None || commit is ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch
            ? Outcome.Fail
            : Outcome.Info;
    }
}
