using Xunit;

namespace Spillway.Kafka.Tests.Messages;

public sealed class RoundTripTests(ITestOutputHelper output)
{
    private const int MessagesPerVersion = 25;

    public static TheoryData<string> Messages => [.. MessageType.All.Select(m => m.Schema.Name)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void What_is_written_in_a_version_is_read_back_and_written_alike(string name)
    {
        var type = MessageType.Find(name);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var messages = new RandomMessages(new Random(seed));

        foreach (var version in type.Versions)
        {
            for (var i = 0; i < MessagesPerVersion; i++)
            {
                var written = messages.Make(type, version);

                var bytes = written.ToBytes(version);
                var read = type.ReadAll(bytes, version);

                Assert.Equal(bytes.Length, written.Size(version));
                Assert.Equal(bytes.Length, read.Size(version));
                MessageComparer.AssertSurvived(type, written, read, version);
                Assert.Equal(bytes, read.ToBytes(version));
            }
        }
    }

    [Fact]
    public void Every_message_has_a_schema_and_a_class()
    {
        Assert.Equal(159, MessageType.All.Count);
    }
}
