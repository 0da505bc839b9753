using System.Diagnostics;
using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Subscriptions by regular expression: RE2's syntax, the whole name, and topics that come later.</summary>
public sealed class TopicRegexTests
{
    [Theory]
    [InlineData("foo", "foo", true)]
    [InlineData("foo", "foobar", false)]
    [InlineData("foo|bar", "xbar", false)]
    [InlineData("foo.*", "foo-1", true)]
    [InlineData(@"foo\.\d+", "foo.12", true)]
    [InlineData(@"\Qa.b\E-.+", "a.b-c", true)]
    [InlineData(@"\Qa.b\E", "axb", false)]
    [InlineData("[[:alpha:]_-]+", "ab_c-D", true)]
    [InlineData("[[:digit:]]+", "a", false)]
    [InlineData("[a-c-[b]]+", "b", false)]
    [InlineData("[^.]+", "a.b", false)]
    [InlineData("[]a]+", "a", true)]
    [InlineData("(?i)FOO", "foo", true)]
    [InlineData("(?i:F)oo", "foo", true)]
    [InlineData("(?P<x>a)(?<y>b)", "ab", true)]
    [InlineData(@"\p{L}+", "abc", true)]
    [InlineData("a{2,3}", "aaa", true)]
    [InlineData("a.*?b", "a-b", true)]
    [InlineData("", "a", false)]
    public void An_expression_matches_whole_names(string pattern, string name, bool matches)
    {
        Assert.True(TopicRegex.TryParse(pattern, out var regex, out var fault), fault);
        Assert.Equal(matches, regex.Matches(name));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("a**")]
    [InlineData(@"a\")]
    [InlineData(@"(a)\1")]
    [InlineData("(?=a)")]
    [InlineData("(?!a)a")]
    [InlineData("(?<=a)b")]
    [InlineData("(?<!a)b")]
    [InlineData("(?>a)")]
    [InlineData("(?#no)")]
    [InlineData("(?x)a b")]
    [InlineData("(?U)a+")]
    [InlineData(@"a\Z")]
    [InlineData(@"\Ga")]
    [InlineData(@"\k<x>")]
    [InlineData("[[:nope:]]")]
    public void What_re2_does_not_have_is_refused(string pattern)
    {
        Assert.False(TopicRegex.TryParse(pattern, out _, out var fault));
        Assert.NotEmpty(fault);
    }

    [Fact]
    public void An_expression_that_would_take_for_ever_elsewhere_is_linear_here_or_refused()
    {
        var started = Stopwatch.GetTimestamp();
        Assert.True(TopicRegex.TryParse("(a|a)*(a|a)*(a+)+b", out var regex, out _));
        Assert.False(regex.Matches(new string('a', 249)));
        Assert.False(TopicRegex.TryParse(new string('a', TopicRegex.LengthMax + 1), out _, out _));
        Assert.False(TopicRegex.TryParse("((a{900}){900}){900}", out _, out _));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_member_gets_what_its_expression_names_and_topics_that_come_later()
    {
        var context = new ConsumerGroupContext();
        context.Topics.Put("in-1", 1);
        context.Topics.Put("out", 1);
        var member = context.Member("");
        (member.TopicNames, member.Regex) = (null, "in-.*");

        member.Join();
        Assert.Equal([context.Topics.Find("in-1")!.Value.Id], member.Wanted.Select(p => p.TopicId));

        context.Topics.Put("in-2", 2);
        context.Advance(1_000);
        member.Beat();
        Assert.Equal(3, member.Wanted.Count);
        member.Regex = "out";
        member.BeatSayingAll();
        member.BeatOwning(PartitionSet.Empty);
        Assert.Equal([context.Topics.Find("out")!.Value.Id], member.Wanted.Select(p => p.TopicId));
    }

    [Fact]
    public void Names_and_an_expression_add_up_and_a_wrong_expression_changes_nothing()
    {
        var context = new ConsumerGroupContext();
        context.Topics.Put("a", 1);
        context.Topics.Put("b", 1);
        var member = context.Member("a");
        member.Regex = "b";
        member.Join();
        Assert.Equal(2, member.Wanted.Count);
        var writes = context.WriteCount;

        member.Regex = "(?=b)";

        Assert.Equal(ErrorCode.InvalidRegularExpression, (ErrorCode)member.BeatSayingAll()!.ErrorCode);
        Assert.Contains("(?=b)", member.Last!.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(writes, context.WriteCount);
        var stranger = context.Member("a");
        stranger.Regex = "[";
        Assert.Equal(ErrorCode.InvalidRegularExpression, (ErrorCode)stranger.Join()!.ErrorCode);
        Assert.Single(context.Consumers.Members);
    }

    [Fact]
    public void The_more_topics_there_are_the_less_often_an_expression_is_looked_at_again()
    {
        var context = new ConsumerGroupContext();
        for (var i = 0; i < 20_000; i++)
        {
            context.Topics.Put($"other-{i}", 1);
        }

        var member = context.Member("");
        member.Regex = "in-.*";
        member.Join();
        context.Topics.Put("in-1", 1);
        context.Advance(9_999);
        member.Beat();
        Assert.Equal(0, member.Wanted.Count);
        context.Advance(1);
        member.Beat();

        Assert.Equal(1, member.Wanted.Count);
    }

    [Fact]
    public void Another_leader_reads_the_expression_again_without_an_epoch()
    {
        var context = new ConsumerGroupContext();
        context.Topics.Put("in-1", 2);
        var member = context.Member("");
        member.Regex = "in-.*";
        member.Join();
        context.Restart();
        var writes = context.WriteCount;

        member.Beat();

        Assert.Equal((ErrorCode.None, 1, writes), (member.Error, member.Epoch, context.WriteCount));
        context.Topics.Put("in-2", 1);
        context.Advance(1_000);
        member.Beat();
        Assert.Equal(3, member.Wanted.Count);
    }
}
