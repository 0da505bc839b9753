using System.Globalization;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Members;

/// <summary>The members of a group as an operator reads them.</summary>
internal static class MembersReport
{
    public static async Task WriteAsync(MembersStatusResult status, TextWriter output)
    {
        await output.WriteLineAsync($"cluster   {new Guid(status.ClusterId.Span, bigEndian: true)}");
        await output.WriteLineAsync(status.LeaderId == 0
            ? $"leader    none is known to node {status.NodeId}, in term {status.Term}"
            : $"leader    node {status.LeaderId} in term {status.Term}");
        await output.WriteLineAsync(
            $"log       {status.LastIndex} entries, {status.CommitIndex} committed, {status.AppliedIndex} applied at node {status.NodeId}");
        foreach (var member in status.Members)
        {
            await output.WriteLineAsync(Describe(member, status));
        }
    }

    private static string Describe(MemberStatus member, MembersStatusResult status)
    {
        var kind = !member.Voter ? "learner" : member.NodeId == status.LeaderId ? "leader" : "voter";
        var lag = member.HasMatchIndex
            ? string.Create(CultureInfo.InvariantCulture, $"{status.LastIndex - Math.Min(status.LastIndex, member.MatchIndex)} behind")
            : "lag not known";
        var health = !member.HasActive ? "" : member.Active ? ", in touch" : ", NOT IN TOUCH";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"node {member.NodeId,-4} {kind,-8} {OrNone(member.RaftAddress),-28} {OrNone(member.ServiceAddress),-36} {lag}{health}");
    }

    private static string OrNone(string address) => address.Length > 0 ? address : "(no address)";
}
