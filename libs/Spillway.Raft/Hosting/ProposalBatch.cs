using System.Buffers.Binary;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Hosting;

/// <summary>
/// The next entry while it fills: commands are copied one behind the other, as the entry will hold them. Owned by the
/// inbox while it fills (under the inbox's lock), then by the log's thread.
/// </summary>
internal sealed class ProposalBatch(int entryBytesMax)
{
    private const int CommandsMax = 4096;
    private const int FirstBytes = 32 << 10;

    private List<PendingProposal> _proposals = [];
    private byte[] _buffer = new byte[Math.Min(FirstBytes, entryBytesMax)];

    public IReadOnlyList<PendingProposal> Proposals => _proposals;

    public int CommandBytes { get; private set; }

    /// <summary>The bytes a command takes in an entry.</summary>
    public static int BytesOf(int commandLength) => sizeof(uint) + commandLength;

    /// <summary>Whether the command still fits; an empty batch takes any command the inbox lets through.</summary>
    public bool Fits(int commandLength) =>
        _proposals.Count < CommandsMax && CommandBytes + BytesOf(commandLength) <= entryBytesMax;

    public void Add(ReadOnlySpan<byte> command, PendingProposal proposal)
    {
        var position = CommandBytes;
        var end = position + BytesOf(command.Length);
        if (end > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(entryBytesMax, Math.Max(end, _buffer.Length * 2)));
        }

        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(position), command.Length);
        command.CopyTo(_buffer.AsSpan(position + sizeof(uint)));
        CommandBytes = end;
        _proposals.Add(proposal);
    }

    /// <summary>
    /// The entry's payload, for the core to keep: the commands behind their header, in which index and term are still to be
    /// filled in.
    /// </summary>
    public byte[] ToPayload(ulong nodeId, ulong processEpoch, ulong tag)
    {
        var payload = GC.AllocateUninitializedArray<byte>(LogEntryHeader.Bytes + CommandBytes);
        new LogEntryHeader(0, 0, LogEntryType.Commands, _proposals.Count, nodeId, processEpoch, tag).WriteTo(payload);
        _buffer.AsSpan(0, CommandBytes).CopyTo(payload.AsSpan(LogEntryHeader.Bytes));
        return payload;
    }

    /// <summary>Hands the proposers over; the batch goes on with an empty list.</summary>
    public List<PendingProposal> TakeProposals(List<PendingProposal> empty)
    {
        var taken = _proposals;
        _proposals = empty;
        return taken;
    }

    public void Fail(ReplicatedLogException exception)
    {
        foreach (var proposal in _proposals)
        {
            proposal.Fail(exception);
        }
    }

    public void Clear()
    {
        _proposals.Clear();
        CommandBytes = 0;
    }
}
