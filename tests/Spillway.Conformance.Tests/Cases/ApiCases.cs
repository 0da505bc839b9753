using System.Collections;
using Spillway.Conformance.Tests.Broker;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>
/// An API's table. A row is a name, the versions it holds for and what is asked and expected; it is run once in every version that is
/// both its own and served.
/// </summary>
internal sealed class ApiCases<TRequest, TResponse> : IApiCases, IEnumerable<ApiCase<TRequest, TResponse>>
    where TRequest : class, IKafkaRequest
    where TResponse : class, IKafkaResponse
{
    private readonly List<ApiCase<TRequest, TResponse>> _cases = [];

    public ApiKey ApiKey { get; } = Enum.Parse<ApiKey>(typeof(TRequest).Name[..^"Request".Length]);

    public IEnumerable<(string Name, short Version)> Runs
    {
        get
        {
            foreach (var row in _cases)
            {
                var last = Math.Min(row.Versions.Last, MessageCatalog.MaxStableVersion(ApiKey));
                for (var version = Math.Max(row.Versions.First, MessageCatalog.MinVersion(ApiKey)); version <= last; version++)
                {
                    yield return (row.Name, version);
                }
            }
        }
    }

    /// <summary>The runs as rows of a theory.</summary>
    public TheoryData<string, short> Rows
    {
        get
        {
            var rows = new TheoryData<string, short>();
            foreach (var (name, version) in Runs)
            {
                rows.Add(name, version);
            }

            return rows;
        }
    }

    /// <summary>A row of as many steps as it takes.</summary>
    public void Add(string name, Versions versions, Func<CaseRun<TRequest, TResponse>, Task> run)
    {
        if (_cases.Exists(row => row.Name == name))
        {
            throw new ArgumentException($"{ApiKey} has the case '{name}' twice", nameof(name));
        }

        _cases.Add(new(name, versions, run));
    }

    /// <summary>A row of one request and what is expected of its answer.</summary>
    public void Add(string name, Versions versions, TRequest request, Action<TResponse> expect) =>
        Add(name, versions, async run => expect(await run.AskAsync(request)));

    public async Task RunAsync(BrokerFixture broker, string name, short version)
    {
        var row = _cases.Find(row => row.Name == name) ?? throw new ArgumentException($"{ApiKey} has no case '{name}'", nameof(name));
        using var run = await CaseRun<TRequest, TResponse>.BeginAsync(broker, version);
        await row.Run(run);
    }

    public IEnumerator<ApiCase<TRequest, TResponse>> GetEnumerator() => _cases.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
