namespace Spillway.Rpc.Commit;

/// <summary>
/// The command of the metadata log that holds a CommitBlockRequest: Command of proto/spillway/metadata/v1/storage.proto around
/// bytes that are encoded already. <code>time_ms:1 { commit_block:21 }</code>
/// </summary>
public static class CommitBlockCommand
{
    private const int TimeField = 1;
    private const int BlockField = 21;

    /// <summary>The bytes of the command.</summary>
    /// <param name="timeMs">The leader's clock, in ms since 1970.</param>
    /// <param name="requestBytes">Of the encoded request.</param>
    public static int GetBytes(long timeMs, int requestBytes) =>
        ProtoWriter.FieldBytes(timeMs) + 1 + ProtoWriter.DelimitedBytes(requestBytes);

    /// <summary>Writes the command, which fills <paramref name="destination"/>.</summary>
    public static void Write(long timeMs, ReadOnlySpan<byte> request, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteField(TimeField, timeMs);
        writer.WriteLongDelimiter(BlockField, request.Length);
        request.CopyTo(destination[writer.Position..]);
    }

    /// <summary>
    /// Whether a command is one of these, written as here or by the generated class; what is laid out in another way, or
    /// holds more, is left to the latter.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> command, out long timeMs, out ReadOnlySpan<byte> request)
    {
        timeMs = 0;
        request = default;
        var hasRequest = false;
        var reader = new ProtoReader(command);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (TimeField, ProtoReader.Varint):
                    timeMs = reader.ReadInt64();
                    break;
                case (BlockField, ProtoReader.LengthDelimited) when !hasRequest:
                    request = reader.ReadBytes(out _);
                    hasRequest = true;
                    break;
                default:
                    return false;
            }
        }
        return hasRequest;
    }
}
