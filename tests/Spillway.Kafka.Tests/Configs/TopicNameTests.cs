using Spillway.Kafka.Configs;
using Xunit;

namespace Spillway.Kafka.Tests.Configs;

public sealed class TopicNameTests
{
    public static TheoryData<string?> Illegal =>
        new(null, "", ".", "..", "a b", "a/b", "topic\n", "grüße", "a,b", "a:b", new string('a', 250));

    [Theory]
    [InlineData("a")]
    [InlineData("...")]
    [InlineData("__consumer_offsets")]
    [InlineData("Orders-2.eu_west")]
    public void Legal_names_pass(string name) => Assert.True(TopicName.TryValidate(name, out _));

    [Fact]
    public void The_longest_name_has_249_characters() => Assert.True(TopicName.TryValidate(new string('a', 249), out _));

    [Theory]
    [MemberData(nameof(Illegal))]
    public void Illegal_names_are_refused_with_a_reason(string? name)
    {
        Assert.False(TopicName.TryValidate(name, out var error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("a.b", "a_b", true)]
    [InlineData("a.b_c", "a_b.c", true)]
    [InlineData("a.b", "a-b", false)]
    [InlineData("a", "A", false)]
    public void Names_that_differ_only_in_dot_and_underscore_collide(string left, string right, bool collide)
    {
        Assert.Equal(collide, TopicName.Collide(left, right));
        Assert.Equal(collide, TopicName.Canonical(left) == TopicName.Canonical(right));
    }

    [Fact]
    public void Only_dot_and_underscore_may_collide()
    {
        Assert.True(TopicName.MayCollide("a.b"));
        Assert.True(TopicName.MayCollide("a_b"));
        Assert.False(TopicName.MayCollide("a-b"));
    }
}
