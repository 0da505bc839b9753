using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Xunit;

namespace Spillway.Raft.Tests.Core;

public sealed class MemberChangeFormatTests
{
    /// <summary>By an encoder of its own: what is in logs must stay readable.</summary>
    [Fact]
    public void The_bytes_of_a_change_stay_what_they_are()
    {
        var payload = MemberChangeFormat.WriteEntry(new MemberChange(MemberChangeKind.AddLearner, 0x0102, "a:1", "é"), 0, 0, 0);

        Assert.Equal(
            "12000000" + "01" + "0201000000000000" + "0300" + "613A31" + "0200" + "C3A9",
            Convert.ToHexString(payload.AsSpan(LogEntryHeader.Bytes)));
    }
}
