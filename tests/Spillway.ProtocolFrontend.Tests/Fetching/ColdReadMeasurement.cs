using System.Globalization;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>
/// How fast a sequential consumer reads back through many small objects of a store that takes 20 ms a request, against one entry after the
/// other with two requests each. Run it by name; it asserts nothing that a busy machine could break.
/// </summary>
public sealed class ColdReadMeasurement(ITestOutputHelper output)
{
    private const int ObjectCount = 1000;
    private const int RecordsPerObject = 20;
    private const int FetchBytes = 1 << 20;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(20);

    [Fact(Explicit = true)]
    public async Task Records_a_second_through_many_small_objects()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var context = new ColdReadContext();
        await context.AddObjectsAsync(1, ObjectCount, bodyBytes: 5000, RecordsPerObject);
        context.Store.BeforeRequest = static async (_, _) =>
        {
            using var timer = new PeriodicTimer(Latency);
            await timer.WaitForNextTickAsync();
        };

        var began = TimeProvider.System.GetTimestamp();
        for (var id = 1; id <= ObjectCount / 10; id++)
        {
            await ReadAloneAsync(context.Store, id, context, cancellationToken);
        }

        var alone = ObjectCount / 10 * RecordsPerObject / TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        began = TimeProvider.System.GetTimestamp();
        var (offset, fetches) = (0L, 0);
        while (offset < ObjectCount * RecordsPerObject)
        {
            var partition = Assert.Single(await context.FetchAsync(FetchBytes, FetchBytes, cancellationToken, (1, offset)));
            Assert.True(partition.Records!.Value.Length > 0);
            offset += partition.Records.Value.Length / 5061 * RecordsPerObject;
            fetches++;
        }

        var together = ObjectCount * RecordsPerObject / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"one after the other {alone:0} records/s, now {together:0} records/s in {fetches} fetches: {together / alone:0.0} times; {context.Requests} requests"));
    }

    private static async Task ReadAloneAsync(FaultyObjectStore store, int id, ColdReadContext context, CancellationToken cancellationToken)
    {
        var reader = new ObjectReader(store, context.Pool);
        var index = await reader.ReadIndexAsync($"o/{id}", cancellationToken);
        using var block = await reader.ReadBlockAsync($"o/{id}", index.Entries[0], cancellationToken);
    }
}
