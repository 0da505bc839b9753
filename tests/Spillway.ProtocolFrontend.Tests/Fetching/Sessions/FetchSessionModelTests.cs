using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;
using static Spillway.ProtocolFrontend.Tests.Fetching.Sessions.FetchSessionContext;

namespace Spillway.ProtocolFrontend.Tests.Fetching.Sessions;

/// <summary>
/// Clients as KIP-227 describes them (a full fetch first, then only what changes, a full fetch again on a session error) against a cache
/// with too few slots, lost answers, idle times and partitions that come and go. Whatever happens: a request reads exactly the partitions and
/// offsets that its client wants, and the client learns every change of an offset by the next answer it gets.
/// </summary>
public sealed class FetchSessionModelTests(ITestOutputHelper output)
{
    private const int PartitionCount = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Whatever_happens_a_request_reads_what_its_client_wants(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var context = new FetchSessionContext(slots: 3);
        var clients = Enumerable.Range(0, 5).Select(_ => new Client(context, random)).ToList();
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(10))
            {
                case 0:
                    Change(context, random);
                    break;
                case 1:
                    context.Time.Advance(TimeSpan.FromSeconds(random.Next(30)));
                    break;
                default:
                    clients[random.Next(clients.Count)].Step();
                    break;
            }

            Assert.InRange(context.Cache.Count, 0, 3);
        }

        output.WriteLine($"{clients.Sum(static client => client.Incremental)} incremental of "
            + $"{clients.Sum(static client => client.Fetches)} fetches, {clients.Sum(static client => client.Errors)} session errors");
        Assert.True(clients.Sum(static client => client.Incremental) > 1000);
        Assert.True(clients.Sum(static client => client.Errors) > 10);
    }

    private static void Change(FetchSessionContext context, Random random)
    {
        var partition = random.Next(PartitionCount);
        var state = context.State.GetValueOrDefault(partition);
        context.State[partition] = random.Next(5) switch
        {
            0 => state with { HighWatermark = state.HighWatermark + 1 },
            1 => state with { LastStableOffset = state.LastStableOffset + 1 },
            2 => state with { LogStartOffset = state.LogStartOffset + 1 },
            3 => state with { Bytes = random.Next(2) * 10 },
            _ => state with { Error = random.Next(2) == 0 ? ErrorCode.None : ErrorCode.KafkaStorageError },
        };
    }

    private sealed class Client(FetchSessionContext context, Random random)
    {
        private readonly Dictionary<int, long> _wanted = [];
        private readonly Dictionary<int, long> _toldToServer = [];
        private readonly Dictionary<int, (long, long, long, short)> _seen = [];
        private (int Id, int Epoch) _session;

        public int Fetches { get; private set; }

        public int Incremental { get; private set; }

        public int Errors { get; private set; }

        public void Step()
        {
            var partition = random.Next(PartitionCount);
            if (random.Next(3) == 0 && !_wanted.Remove(partition))
            {
                _wanted[partition] = random.Next(100);
            }

            if (random.Next(50) == 0)
            {
                // The client is closed, and comes again as another.
                context.Fetch(Request(_session.Id, -1));
                Restart();
            }

            if (_wanted.Count > 0)
            {
                Fetch();
            }
        }

        private void Fetch()
        {
            Fetches++;
            var isFull = _session.Epoch == 0;
            var asked = _wanted.Where(wanted => isFull || _toldToServer.GetValueOrDefault(wanted.Key, -1) != wanted.Value)
                .Select(static wanted => (wanted.Key, wanted.Value));
            var forgotten = isFull ? [] : _toldToServer.Keys.Except(_wanted.Keys).ToArray();
            var response = context.Fetch(Request(_session.Id, _session.Epoch, asked, forgotten));
            if (response.ErrorCode != 0)
            {
                Assert.False(isFull);
                Assert.Contains(
                    (ErrorCode)response.ErrorCode, new[] { ErrorCode.FetchSessionIdNotFound, ErrorCode.InvalidFetchSessionEpoch });
                Errors++;
                _session = response.ErrorCode == (short)ErrorCode.FetchSessionIdNotFound ? (0, 0) : (_session.Id, 0);
                ForgetServer();
                return;
            }

            Assert.Equal(
                _wanted.Select(static wanted => (wanted.Key, wanted.Value)).Order(), context.LastRead.Order());
            Incremental += isFull ? 0 : 1;
            if (random.Next(30) == 0)
            {
                // The answer is lost: a client begins anew, and names the session so that it ends.
                _session = (_session.Id, 0);
                ForgetServer();
                return;
            }

            Take(response, isFull);
        }

        private void Take(FetchResponse response, bool isFull)
        {
            var told = response.Responses.SelectMany(static topic => topic.Partitions).ToDictionary(static partition => partition.PartitionIndex);
            Assert.All(told.Keys, partition => Assert.Contains(partition, _wanted.Keys));
            foreach (var partition in _wanted.Keys)
            {
                var state = context.State.GetValueOrDefault(partition);
                var now = (state.HighWatermark, state.LastStableOffset, state.LogStartOffset, (short)state.Error);
                if (told.TryGetValue(partition, out var data))
                {
                    _seen[partition] = (data.HighWatermark, data.LastStableOffset, data.LogStartOffset, data.ErrorCode);
                }
                else
                {
                    Assert.False(isFull, "a full answer holds everything");
                    Assert.Equal(0, state.Bytes);
                }

                Assert.Equal(now, _seen[partition]);
            }

            Assert.True(isFull || response.SessionId == _session.Id);
            _session = response.SessionId == 0 ? (0, 0) : (response.SessionId, isFull ? 1 : _session.Epoch + 1);
            ForgetServer();
            if (response.SessionId != 0)
            {
                foreach (var (partition, offset) in _wanted)
                {
                    _toldToServer[partition] = offset;
                }
            }
        }

        private void Restart()
        {
            _session = (0, 0);
            ForgetServer();
            _seen.Clear();
        }

        private void ForgetServer() => _toldToServer.Clear();
    }
}
