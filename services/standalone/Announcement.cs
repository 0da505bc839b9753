using System.Globalization;
using Spillway.ProtocolFrontend;
using Spillway.Standalone.CommandLine;

namespace Spillway.Standalone;

/// <summary>The few lines that tell a person where everything is.</summary>
internal static class Announcement
{
    public static void AnnounceWhenStarted(this WebApplication app, StandaloneOptions options, TextWriter output)
    {
        var listeners = app.Services.GetRequiredService<IKafkaListener>();
        app.Lifetime.ApplicationStarted.Register(() => Print(listeners, app.Urls, options, output));
    }

    private static void Print(IKafkaListener listener, IEnumerable<string> urls, StandaloneOptions options, TextWriter output)
    {
        var kafka = $"{listener.AdvertisedHost}:{listener.AdvertisedPort}";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Spillway is listening for Kafka clients on {kafka}"));
        output.WriteLine($"  data    {Path.GetFullPath(options.DataFolder)}");
        foreach (var url in urls.Where(url => !url.EndsWith($":{listener.BoundPort}", StringComparison.Ordinal)))
        {
            output.WriteLine($"  health  {url}/healthz/ready   metrics  {url}/metrics");
        }

        output.WriteLine($"  try     echo hello | kcat -b {kafka} -t greetings -P && kcat -b {kafka} -t greetings -C -e");
        output.Flush();
    }
}
