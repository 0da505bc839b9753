using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Registrations;

/// <summary>Names, ids, epochs and leases.</summary>
public sealed class RegistrationTests
{
    private readonly StateContext _context = new();

    [Fact]
    public void A_name_keeps_its_id_and_every_process_has_its_own_epoch()
    {
        var first = _context.Register(process: "p1");
        var other = _context.Register(name: "b");
        var second = _context.Register(process: "p2");

        Assert.Equal(first.NodeId, second.NodeId);
        Assert.NotEqual(first.NodeId, other.NodeId);
        Assert.True(second.Epoch > first.Epoch);
    }

    [Fact]
    public void A_registration_sent_again_is_the_same_one()
    {
        var first = _context.Register();

        Assert.Equal(first, _context.Register());
    }

    [Fact]
    public void A_process_whose_lease_ran_out_gets_a_new_epoch()
    {
        var first = _context.Register();
        _context.NowMs += StateContext.LeaseMs + 1;
        _context.ExpireDeadlines();

        Assert.True(Renew(first).Fenced);
        Assert.True(_context.Register().Epoch > first.Epoch);
    }

    [Fact]
    public void Renewing_keeps_the_epoch_alive()
    {
        var node = _context.Register();
        for (var i = 0; i < 5; i++)
        {
            _context.NowMs += StateContext.LeaseMs;
            _context.ExpireDeadlines();
            Assert.False(Renew(node).Fenced);
        }
    }

    [Fact]
    public void Kinds_do_not_share_names_or_ids()
    {
        var writer = _context.Register(NodeKind.Writer, "n");
        var frontend = _context.Register(NodeKind.Frontend, "n");

        Assert.False(Renew(writer).Fenced);
        Assert.Equal(1, writer.NodeId);
        Assert.Equal(1, frontend.NodeId);
    }

    [Fact]
    public void Time_never_goes_back_whatever_a_leaders_clock_says()
    {
        var node = _context.Register();
        _context.NowMs -= 1_000_000;
        Renew(node);
        _context.NowMs += 1_000_000 + StateContext.LeaseMs;
        _context.ExpireDeadlines();

        Assert.False(Renew(node).Fenced);
    }

    private RenewReply Renew(RegisterReply node) => _context.Apply<RenewReply>(new()
    {
        RenewNode = new()
        {
            Request = new RenewRequest { Kind = NodeKind.Writer, NodeId = node.NodeId, Epoch = node.Epoch },
            LeaseMs = StateContext.LeaseMs,
        },
    });
}
