using Google.Protobuf;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>An assignment that tells whose plan it is part of.</summary>
internal sealed record Plan(int Number, int Generation, int[] Partitions)
{
    public ByteString Write() => ByteString.CopyFromUtf8($"{Number}/{Generation}/{string.Join(',', Partitions)}");

    public static Plan Read(ByteString bytes)
    {
        var parts = bytes.ToStringUtf8().Split('/');
        return new Plan(
            int.Parse(parts[0], null), int.Parse(parts[1], null),
            [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, null))]);
    }
}
