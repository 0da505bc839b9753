using System.Globalization;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>Request frames that real clients sent, kept under Golden/Requests.</summary>
internal sealed record GoldenFrame(string Client, ApiKey ApiKey, short Version, byte[] Bytes)
{
    public static IReadOnlyList<GoldenFrame> All { get; } = Load();

    public static T Body<T>(string client, short version, string clientId) where T : IKafkaRequest
    {
        var bodies = All
            .Where(f => f.Client == client && f.Version == version)
            .Select(f => f.Read(out var header) is T body && header.ClientId == clientId ? body : default)
            .Where(body => body is not null);
        return Assert.Single(bodies)!;
    }

    public IKafkaRequest Read(out RequestHeader header)
    {
        var reader = new WireReader(Bytes);
        header = RequestFrame.ReadHeader(ref reader);
        var body = MessageCatalog.ReadRequest((ApiKey)header.RequestApiKey, header.RequestApiVersion, ref reader);
        Assert.Equal(0, reader.Remaining);
        return body;
    }

    private static List<GoldenFrame> Load() =>
    [
        .. from path in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Golden", "Requests"), "*.hex")
           from line in File.ReadLines(path)
           where !line.StartsWith('#')
           let words = line.Split(' ')
           select new GoldenFrame(
               Path.GetFileNameWithoutExtension(path),
               Enum.Parse<ApiKey>(words[0]),
               short.Parse(words[1], CultureInfo.InvariantCulture),
               Convert.FromHexString(words[2])),
    ];
}
