using Spillway.Raft.Snapshots;
using Spillway.Raft.Tests.Support;
using Spillway.Raft.Transport;
using Spillway.Testing;
using Xunit;

namespace Spillway.Raft.Tests.Transport;

public sealed class TlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority;

    public TlsTests() => _authority = new TestAuthority("authority", _folder.Path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nodes_whose_certificates_name_them_talk_and_fetch_snapshots()
    {
        await using var one = await StartAsync(1, _authority.Issue(1));
        await using var two = await StartAsync(2, _authority.Issue(2));
        TestNode.Introduce(one, two);
        var file = new byte[(1 << 20) + 5];
        new Random(1).NextBytes(file);
        one.Receiver.Snapshot = () => new MemoryStream(file);
        var fetched = new MemoryStream();

        await one.ReachAsync(two, 1, Token);
        await two.ReachAsync(one, 1, Token);
        await two.Transport.FetchSnapshotAsync(1, new SnapshotId(1, 1), fetched, Token);

        Assert.Equal(file, fetched.ToArray());
    }

    [Fact]
    public async Task A_node_that_claims_another_id_than_its_certificate_names_is_refused()
    {
        await using var two = await StartAsync(2, _authority.Issue(2));
        await using var three = await StartAsync(3, _authority.Issue(3, RaftTlsOptions.NameOf(4, TestNode.Cluster)));
        three.Transport.SetMembers([two.Member]);
        three.Transport.Send([three.MessageTo(2, 1)]);

        await Eventually.TrueAsync(
            () => two.Logger.Warned($"its certificate does not name {RaftTlsOptions.NameOf(3, TestNode.Cluster)}")
                && three.Logger.Warned("it does not take this node's certificate"),
            "both tell", Token);

        Assert.Empty(two.Receiver.Messages);
    }

    [Theory]
    [InlineData("node-2.11111111-4455-6677-8899-aabbccddeeff.spillway")]
    [InlineData("*.00112233-4455-6677-8899-aabbccddeeff.spillway")]
    [InlineData("localhost")]
    public async Task A_node_is_not_believed_that_listens_under_another_name(string name)
    {
        await using var one = await StartAsync(1, _authority.Issue(1));
        await using var two = await StartAsync(2, _authority.Issue(2, name));
        one.Transport.SetMembers([two.Member]);
        one.Transport.Send([one.MessageTo(2, 1)]);

        await Eventually.TrueAsync(
            () => one.Logger.Warned("TLS failed") || one.Logger.Warned("its certificate does not name"), "it tells", Token);

        Assert.Empty(two.Receiver.Messages);
    }

    [Fact]
    public async Task A_wildcard_speaks_for_nobody()
    {
        await using var two = await StartAsync(2, _authority.Issue(2));
        await using var three = await StartAsync(3, _authority.Issue(3, $"*.{TestNode.Cluster}.spillway"));
        three.Transport.SetMembers([two.Member]);
        three.Transport.Send([three.MessageTo(2, 1)]);

        await Eventually.TrueAsync(() => two.Logger.Warned("its certificate does not name"), "it tells", Token);

        Assert.Empty(two.Receiver.Messages);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_on_both_sides()
    {
        using var stranger = new TestAuthority("stranger", _folder.Path);
        await using var one = await StartAsync(1, _authority.Issue(1));
        await using var two = await StartAsync(2, stranger.Issue(2));
        TestNode.Introduce(one, two);
        one.Transport.Send([one.MessageTo(2, 1)]);
        two.Transport.Send([two.MessageTo(1, 1)]);

        await Eventually.TrueAsync(
            () => one.Logger.Warned("TLS failed") && two.Logger.Warned("TLS failed"), "both tell", Token);

        Assert.Empty(one.Receiver.Messages);
        Assert.Empty(two.Receiver.Messages);
    }

    [Fact]
    public async Task A_client_without_a_certificate_of_the_authority_is_refused_by_the_server()
    {
        using var stranger = new TestAuthority("stranger", _folder.Path);
        await using var two = await StartAsync(2, _authority.Issue(2));
        var issued = stranger.Issue(1) with { AuthoritiesFile = _authority.AuthoritiesFile };
        await using var one = await StartAsync(1, issued);
        one.Transport.SetMembers([two.Member]);
        one.Transport.Send([one.MessageTo(2, 1)]);

        await Eventually.TrueAsync(() => two.Logger.Warned("Refused a connection"), "it tells", Token);

        Assert.Empty(two.Receiver.Messages);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TLS_at_one_side_only_is_refused(bool atTheListener)
    {
        await using var one = await StartAsync(1, atTheListener ? null : _authority.Issue(1));
        await using var two = await StartAsync(2, atTheListener ? _authority.Issue(2) : null);
        one.Transport.SetMembers([two.Member]);
        one.Transport.Send([one.MessageTo(2, 1)]);

        await Eventually.TrueAsync(
            () => one.Logger.Warned("cannot be reached") && two.Logger.Warned("Refused a connection"), "both tell", Token);

        Assert.Empty(two.Receiver.Messages);
    }

    [Fact]
    public async Task Changed_files_count_from_the_next_connection_on_and_broken_ones_do_not()
    {
        await using var one = await StartAsync(1, _authority.Issue(1));
        var files = _authority.Issue(2);
        await using var two = await StartAsync(2, files);
        TestNode.Introduce(one, two);
        await one.ReachAsync(two, 1, Token);

        File.WriteAllText(files.CertificateFile, "half written");
        await ReconnectUntilAsync(one, two, () => two.Logger.Warned("cannot be used, the old ones stay"));
        await one.ReachAsync(two, 2, Token);

        _authority.Issue(2);
        await ReconnectUntilAsync(
            one, two, () => two.Logger.Lines.Any(static line => line.Text.StartsWith("Read the certificates", StringComparison.Ordinal)));
        await one.ReachAsync(two, 3, Token);
    }

    [Fact]
    public async Task Files_that_are_not_there_are_told_before_anything_starts()
    {
        var tls = new RaftTlsOptions("/nowhere/a.crt", "/nowhere/a.key", "/nowhere/ca.crt");

        var failure = await Assert.ThrowsAsync<LogFailedException>(() => StartAsync(1, tls));

        Assert.Contains("/nowhere/a.crt", failure.Message, StringComparison.Ordinal);
    }

    private static Task<TestNode> StartAsync(ulong nodeId, RaftTlsOptions? tls) =>
        TestNode.StartAsync(nodeId, Token, TestNode.Options(tls: tls));

    private static async Task ReconnectUntilAsync(TestNode from, TestNode to, Func<bool> condition)
    {
        var wrong = to.Member with { Address = "127.0.0.1:1" };
        await Eventually.TrueAsync(
            () =>
            {
                from.Transport.SetMembers([wrong]);
                from.Transport.SetMembers([to.Member]);
                return condition();
            },
            "the files are read again", Token);
    }
}
