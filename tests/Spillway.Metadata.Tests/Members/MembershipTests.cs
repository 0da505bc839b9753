using Spillway.Metadata.Members;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Members;

/// <summary>The operator's verbs against running nodes.</summary>
public sealed class MembershipTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_alone_becomes_three_and_another_one_alone_without_a_failed_call()
    {
        await using var group = await NodeGroup.StartAsync(1);
        var registered = await group.Registrations.RegisterAsync(
            new RegisterRequest { Kind = NodeKind.Writer, Name = "w", ProcessId = "p" }, Ct);
        var renewal = new RenewRequest { Kind = NodeKind.Writer, NodeId = registered.NodeId, Epoch = registered.Epoch };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var renewing = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    Assert.False((await group.Registrations.RenewAsync(renewal, Ct)).Fenced);
                }
            },
            Ct);

        foreach (var node in new[] { 2, 3 })
        {
            await group.StartNodeAsync(node, join: true);
            var (code, output, errors) = await RunAsync(
                group, 1, "add", $"{node}", group.RaftAddressOf(node), group.AddressOf(node).ToString());
            Assert.True(code == 0, errors);
            Assert.Contains($"Node {node} has a vote.", output, StringComparison.Ordinal);
        }

        var (_, status, _) = await RunAsync(group, 3, "status");
        Assert.Contains("leader    node 1", status, StringComparison.Ordinal);
        Assert.Equal(3, status.Split("in touch").Length - 1);

        var (removed, said, why) = await RunAsync(group, 1, "remove", "1");
        Assert.True(removed == 0, why);
        Assert.Contains("With two, losing either stops the service", said, StringComparison.Ordinal);
        await group.StopNodeAsync(1);
        var leader = await group.FindLeaderAsync();
        var other = leader == 2 ? 3 : 2;
        var (gone, _, reason) = await RunAsync(group, leader, "remove", $"{other}");
        Assert.True(gone == 0, reason);
        await group.StopNodeAsync(other);

        await stop.CancelAsync();
        await renewing;
        Assert.False((await group.Registrations.RenewAsync(renewal, Ct)).Fenced);
    }

    [Fact]
    public async Task A_change_that_makes_no_sense_is_refused_in_words()
    {
        await using var group = await NodeGroup.StartAsync(1);

        var last = await RunAsync(group, 1, "remove", "1");
        var unknown = await RunAsync(group, 1, "promote", "9");
        var address = await RunAsync(group, 1, "add", "2", "nowhere", "http://127.0.0.1:1");
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => new RemoteMembersService(group.Channels).RemoveAsync(new RemoveMemberCall { NodeId = 1 }, Ct));

        Assert.Equal((1, 1, 1), (last.Code, unknown.Code, address.Code));
        Assert.Contains("last voter", last.Errors, StringComparison.Ordinal);
        Assert.Contains("no member", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("host:port", address.Errors, StringComparison.Ordinal);
        Assert.Equal(RpcStatusCode.FailedPrecondition, failure.Code);
    }

    [Fact]
    public async Task Leadership_goes_where_the_operator_says()
    {
        await using var group = await NodeGroup.StartAsync(3);
        var leader = await group.FindLeaderAsync();
        var next = (leader % 3) + 1;

        var (code, _, errors) = await RunAsync(group, next, "transfer", $"{next}");

        Assert.True(code == 0, errors);
        Assert.Equal(next, await group.FindLeaderAsync());
    }

    [Theory]
    [InlineData()]
    [InlineData("bogus")]
    [InlineData("add", "2")]
    [InlineData("remove", "zero")]
    [InlineData("remove", "0")]
    [InlineData("status", "--adress=http://127.0.0.1:1")]
    [InlineData("status", "--address=nowhere")]
    public async Task A_command_line_that_makes_no_sense_shows_the_usage(params string[] args)
    {
        var errors = new StringWriter();

        var code = await MembersCommand.RunAsync(args, new StringWriter(), errors, Ct);

        Assert.Equal(MembersCommand.ExitUsage, code);
        Assert.Contains("usage: members", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_one_line()
    {
        var errors = new StringWriter();

        var code = await MembersCommand.RunAsync(
            ["status", "--address", "http://127.0.0.1:1"], new StringWriter(), errors, Ct);

        Assert.Equal(MembersCommand.ExitFailed, code);
        Assert.Single(errors.ToString().Trim().Split('\n'));
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(
        NodeGroup group, int node, params string[] words)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var code = await MembersCommand.RunAsync(
            [.. words, $"--address={group.AddressOf(node)}"], output, errors, Ct);
        return (code, output.ToString(), errors.ToString());
    }
}
