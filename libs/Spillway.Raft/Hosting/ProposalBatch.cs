using System.Buffers.Binary;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Hosting;

/// <summary>
/// The next entry while it fills: commands are copied straight into the record that will be written, behind room for
/// its headers. Owned by the inbox while it fills (under the inbox's lock), then by the log's thread.
/// </summary>
internal sealed class ProposalBatch(int entryBytesMax)
{
    private const int HeadBytes = LogRecord.HeaderBytes + LogEntryHeader.Bytes;
    private const int PaddingBytes = 8;
    private const int CommandsMax = 4096;
    private const int FirstBytes = 32 << 10;

    private readonly List<PendingProposal> _proposals = [];
    private byte[] _buffer = new byte[Math.Min(FirstBytes, HeadBytes + entryBytesMax + PaddingBytes)];

    public IReadOnlyList<PendingProposal> Proposals => _proposals;

    public int CommandBytes { get; private set; }

    public int PayloadBytes => LogEntryHeader.Bytes + CommandBytes;

    /// <summary>The record with its header's room, its payload, and room for padding.</summary>
    public Span<byte> Record => _buffer.AsSpan(0, LogRecord.AlignedBytes(PayloadBytes));

    /// <summary>The bytes a command takes in an entry.</summary>
    public static int BytesOf(int commandLength) => sizeof(uint) + commandLength;

    /// <summary>Whether the command still fits; an empty batch takes any command the inbox lets through.</summary>
    public bool Fits(int commandLength) =>
        _proposals.Count < CommandsMax && CommandBytes + BytesOf(commandLength) <= entryBytesMax;

    public PendingProposal Add(ReadOnlySpan<byte> command, long timestamp)
    {
        var position = HeadBytes + CommandBytes;
        var end = position + BytesOf(command.Length);
        if (end + PaddingBytes > _buffer.Length)
        {
            var most = HeadBytes + entryBytesMax + PaddingBytes;
            Array.Resize(ref _buffer, Math.Min(most, Math.Max(end + PaddingBytes, _buffer.Length * 2)));
        }

        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(position), command.Length);
        command.CopyTo(_buffer.AsSpan(position + sizeof(uint)));
        CommandBytes += BytesOf(command.Length);

        var proposal = new PendingProposal(position + sizeof(uint), command.Length, timestamp);
        _proposals.Add(proposal);
        return proposal;
    }

    public ReadOnlyMemory<byte> CommandOf(PendingProposal proposal) =>
        _buffer.AsMemory(proposal.CommandStart, proposal.CommandBytes);

    /// <summary>Fills in the entry's head, once its place in the log is known.</summary>
    public void WriteEntryHeader(in LogEntryHeader header) => header.WriteTo(_buffer.AsSpan(LogRecord.HeaderBytes));

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
