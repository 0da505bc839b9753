using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Spillway.Rpc;

/// <summary>Gives Kestrel and its transports one shared <see cref="LargeBlockMemoryPool"/>.</summary>
internal sealed class LargeBlockMemoryPoolFactory : IMemoryPoolFactory<byte>, IDisposable
{
    /// <summary>64 KB: half the CPU of 4 KB; 256 KB gave little more and costs a connection in flight a block per direction.</summary>
    public const int BlockBytes = 64 << 10;

    /// <summary>1,024 blocks: what a burst of five hundred connections used and the next may.</summary>
    public const long RetainedBytesMax = 64 << 20;

    private readonly LargeBlockMemoryPool _pool = new(BlockBytes, RetainedBytesMax);

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => _pool;

    public void Dispose() => _pool.Dispose();
}
