using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Append;

/// <summary>What became of one append.</summary>
public sealed class AppendResult
{
    private AppendResult(ErrorCode error, IReadOnlyList<BatchAppendResult> batches)
    {
        Error = error;
        Batches = batches;
    }

    /// <summary>An error of the whole request; then there are no batch results.</summary>
    public ErrorCode Error { get; }

    /// <summary>One result for each batch, in order, where <see cref="Error"/> is none.</summary>
    public IReadOnlyList<BatchAppendResult> Batches { get; }

    /// <summary>Each batch has its own result.</summary>
    public static AppendResult Of(IReadOnlyList<BatchAppendResult> batches) => new(ErrorCode.None, batches);

    /// <summary>The whole request failed, or its outcome is unknown; the error must then be a retriable one.</summary>
    public static AppendResult Failed(ErrorCode error) =>
        error == ErrorCode.None
            ? throw new ArgumentException("A failed append needs an error.", nameof(error))
            : new(error, []);
}
