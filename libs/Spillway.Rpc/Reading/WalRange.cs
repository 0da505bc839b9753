using Spillway.Kafka.Buffers;

namespace Spillway.Rpc.Reading;

/// <summary>
/// Bytes of a range, where they already were, with the references that keep them there. They may be shared with whoever else reads them
/// and must not be changed. One owner, who disposes it.
/// </summary>
public sealed class WalRange : IDisposable
{
    private readonly IReadOnlyList<SharedBuffer> _owners;
    private bool _isDisposed;

    /// <summary>Takes over one reference to each owner.</summary>
    public WalRange(IReadOnlyList<ReadOnlyMemory<byte>> pieces, IReadOnlyList<SharedBuffer> owners)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(owners);
        Pieces = pieces;
        _owners = owners;
        foreach (var piece in pieces)
        {
            LengthBytes += piece.Length;
        }
    }

    /// <summary>The bytes, in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces { get; }

    /// <summary>How many they are.</summary>
    public long LengthBytes { get; }

    /// <summary>A copy of its own, which is the caller's to change and to release.</summary>
    public SharedBuffer ToBuffer(BufferPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        var buffer = pool.Rent(checked((int)LengthBytes));
        var at = 0;
        foreach (var piece in Pieces)
        {
            piece.Span.CopyTo(buffer.Span[at..]);
            at += piece.Length;
        }

        return buffer;
    }

    /// <summary>Gives up the references.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        foreach (var owner in _owners)
        {
            owner.Release();
        }
    }
}
