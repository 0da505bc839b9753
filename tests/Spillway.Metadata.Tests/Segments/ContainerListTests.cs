using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Segments;

/// <summary>Segments and objects page by page, as checks from outside read them.</summary>
public sealed class ContainerListTests
{
    private readonly StateContext _context = new();

    [Fact]
    public void Every_container_is_on_one_page_and_those_that_are_gone_on_none()
    {
        var log = _context.CreateTopic()[0];
        var writer = _context.NewWriter();
        var compactor = _context.NewCompactor();
        for (var i = 0; i < 4; i++)
        {
            writer.Open();
            writer.CommitOne(_context.Batch(log, 10));
            writer.Seal();
            compactor.DrainBytesTarget = 1;
            var drained = compactor.Acquire().Job;
            compactor.Drain(drained);
            compactor.Complete(drained);
        }

        _context.State.Containers.Forget(_context.State.Containers.FindSegment(2)!);

        var pages = ReadAll(countMax: 2);

        Assert.All(pages.SkipLast(1), p => Assert.True(p.More));
        Assert.All(pages, p => Assert.Equal((4, 4, 5000), (p.LastSegmentId, p.LastObjectId, p.NowMs)));
        Assert.Equal(
            [(ContainerKind.WalSegment, 1L), (ContainerKind.WalSegment, 3L), (ContainerKind.WalSegment, 4L),
             (ContainerKind.Object, 1L), (ContainerKind.Object, 2L), (ContainerKind.Object, 3L), (ContainerKind.Object, 4L)],
            pages.SelectMany(p => p.Containers).Select(c => (c.Location.Kind, c.Location.ContainerId)));
    }

    [Fact]
    public void A_container_says_whether_it_has_to_be_there()
    {
        var log = _context.CreateTopic()[0];
        var writer = _context.NewWriter();
        var compactor = _context.NewCompactor();
        writer.Open();
        writer.CommitOne(_context.Batch(log, 10));
        writer.Seal();
        compactor.DrainBytesTarget = 1;
        var job = compactor.Acquire().Job;
        compactor.Prepare(job);
        var before = Assert.Single(ReadAll()).Containers;
        compactor.Drain(job);
        var after = Assert.Single(ReadAll()).Containers;

        Assert.Equal(
            [(ContainerState.Closed, 1, false), (ContainerState.Open, 0, false)],
            before.Select(c => (c.State, c.LiveEntries, c.UnreferencedAtMs != 0)));
        Assert.Equal(
            [(ContainerState.Closed, 0, true), (ContainerState.Open, 0, false), (ContainerState.Closed, 1, false)],
            after.Select(c => (c.State, c.LiveEntries, c.UnreferencedAtMs != 0)));
        Assert.All(before.Concat(after).Where(c => c.Location.Kind == ContainerKind.WalSegment), c => Assert.Equal(job.JobId, c.JobId));
    }

    private List<ListContainersReply> ReadAll(int countMax = 0)
    {
        List<ListContainersReply> pages = [];
        var request = new ListContainersRequest { CountMax = countMax };
        while (true)
        {
            var page = ContainerService.Read(_context.State, request, nowMs: 5000);
            pages.Add(page);
            if (!page.More)
            {
                return pages;
            }

            request.AfterKind = page.AfterKind;
            request.AfterId = page.AfterId;
        }
    }
}
