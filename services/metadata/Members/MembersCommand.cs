using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Members;

/// <summary>
/// The operator's verbs: <c>members status</c>, <c>add</c>, <c>promote</c>, <c>remove</c>, <c>transfer</c>, asked of a running
/// service. One line says what went wrong.
/// </summary>
internal static class MembersCommand
{
    public const string Verb = "members";

    /// <summary>Exit code of a change that was refused or a service that did not answer.</summary>
    public const int ExitFailed = 1;

    /// <summary>Exit code of a command line that makes no sense.</summary>
    public const int ExitUsage = 2;

    public const string Usage =
        """
        usage: members VERB [--address URL[,URL…]]

          status                      who the nodes are, who leads, who lags
          add ID RAFT URL             add node ID, whose Raft transport is at RAFT (host:port) and whose RPC is at URL, and give it
                                      its vote once it has caught up
          add-learner ID RAFT URL     the same without the vote
          promote ID                  give a learner its vote once it has caught up
          remove ID                   remove a node for good; its id is never used again
          transfer [ID]               hand leadership to node ID, or to the one that is furthest

          --address URL               any node, or several separated by commas (http://127.0.0.1:7100)
        """;

    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var (words, addresses, mistake) = Parse(args);
        if (mistake is not null)
        {
            await errors.WriteLineAsync(mistake);
            await errors.WriteLineAsync(Usage);
            return ExitUsage;
        }

        await using var channels = new MetadataChannels(
            new NeighbourOptions { Metadata = addresses }.MetadataAddresses(),
            static address => new RpcChannel(address),
            TimeProvider.System,
            NullLogger<MetadataChannels>.Instance);
        try
        {
            return await RunAsync(words, channels, output, errors, cancellationToken);
        }
        catch (RpcException e)
        {
            await errors.WriteLineAsync(e.Detail);
            return ExitFailed;
        }
    }

    private static async Task<int> RunAsync(
        string[] words, MetadataChannels channels, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var members = new RemoteMembersService(channels);
        switch (words)
        {
            case ["status"]:
                await MembersReport.WriteAsync(await FindStatusAsync(channels, cancellationToken), output);
                return 0;
            case ["add" or "add-learner", var id, var raft, var url] when TryId(id, out var nodeId):
                var added = await members.AddLearnerAsync(
                    new AddLearnerCall { NodeId = nodeId, RaftAddress = raft, ServiceAddress = url }, cancellationToken);
                await output.WriteLineAsync($"Node {nodeId} is a learner.");
                return words[0] == "add-learner"
                    ? await SayAsync(added, output)
                    : await SayAsync(await PromoteAsync(members, nodeId, output, cancellationToken), output);
            case ["promote", var id] when TryId(id, out var nodeId):
                return await SayAsync(await PromoteAsync(members, nodeId, output, cancellationToken), output);
            case ["remove", var id] when TryId(id, out var nodeId):
                var left = await members.RemoveAsync(new RemoveMemberCall { NodeId = nodeId }, cancellationToken);
                await output.WriteLineAsync($"Node {nodeId} is removed; its id must never be used again.");
                return await SayAsync(left, output);
            case ["transfer"]:
                return await TransferAsync(members, 0, output, errors, cancellationToken);
            case ["transfer", var id] when TryId(id, out var nodeId):
                return await TransferAsync(members, nodeId, output, errors, cancellationToken);
            default:
                await errors.WriteLineAsync(Usage);
                return ExitUsage;
        }
    }

    private static async Task<MembersChangeResult> PromoteAsync(
        RemoteMembersService members, ulong nodeId, TextWriter output, CancellationToken cancellationToken)
    {
        var result = await members.PromoteAsync(new PromoteCall { NodeId = nodeId }, cancellationToken);
        await output.WriteLineAsync($"Node {nodeId} has a vote.");
        return result;
    }

    private static async Task<int> TransferAsync(
        RemoteMembersService members, ulong nodeId, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var result = await members.TransferLeadershipAsync(new TransferLeadershipCall { NodeId = nodeId }, cancellationToken);
        await (result.Transferred ? output : errors).WriteLineAsync(
            result.Transferred ? "Leadership was handed over." : "Nobody took leadership over.");
        return result.Transferred ? 0 : ExitFailed;
    }

    private static async Task<int> SayAsync(MembersChangeResult result, TextWriter output)
    {
        var voters = result.Members.Count(static member => member.Voter);
        await output.WriteLineAsync(
            $"{result.Members.Count} members, {voters} with a vote."
            + (voters == 2 ? " With two, losing either stops the service: do not stay here." : ""));
        return 0;
    }

    /// <summary>The leader's answer, which knows the others' lag; else that of whoever answers.</summary>
    private static async Task<MembersStatusResult> FindStatusAsync(MetadataChannels channels, CancellationToken cancellationToken)
    {
        var members = new RemoteMembersService(channels);
        var status = await members.StatusAsync(new MembersStatusCall(), cancellationToken);
        if (status.Role == MemberRole.Leader || !NeighbourOptions.IsAddress(status.LeaderAddress))
        {
            return status;
        }

        try
        {
            using var leader = new RpcChannel(new Uri(status.LeaderAddress));
            return await leader.UnaryAsync(
                MembersMethods.Status, new MembersStatusCall(), cancellationToken, TimeSpan.FromSeconds(3));
        }
        catch (RpcException)
        {
            return status;
        }
    }

    private static (string[] Words, string Addresses, string? Mistake) Parse(IReadOnlyList<string> args)
    {
        const string Option = "--address";
        var addresses = new NeighbourOptions().Metadata;
        var words = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i].StartsWith(Option + "=", StringComparison.Ordinal))
            {
                addresses = args[i][(Option.Length + 1)..];
            }
            else if (args[i] == Option && i + 1 < args.Count)
            {
                addresses = args[++i];
            }
            else if (args[i].StartsWith('-'))
            {
                return ([], "", $"unknown argument '{args[i]}'");
            }
            else
            {
                words.Add(args[i]);
            }
        }

        return NeighbourOptions.AreAddresses(addresses)
            ? ([.. words], addresses, null)
            : ([], "", $"--address '{addresses}' {NeighbourOptions.AddressesRule}");
    }

    private static bool TryId(string text, out ulong id) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id > 0;
}
