using System.Diagnostics.Tracing;
using System.Globalization;

namespace Spillway.Standalone.Tests.Produce;

/// <summary>What this process allocates, by type, from the runtime's sample of every 100 KB or so: for whoever has to mend it.</summary>
internal sealed class AllocationSamples : EventListener
{
    private const EventKeywords GcKeyword = (EventKeywords)0x1;

    private readonly Dictionary<string, long> _bytesByType = [];

    /// <summary>The types that most bytes went to, a line each.</summary>
    public string Describe(int batchCount)
    {
        lock (_bytesByType)
        {
            return string.Join('\n', _bytesByType.OrderByDescending(static type => type.Value).Take(40).Select(
                type => string.Create(CultureInfo.InvariantCulture, $"{type.Value / batchCount,8} B a batch  {type.Key}")));
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, GcKeyword);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName is { } name && name.StartsWith("GCAllocationTick", StringComparison.Ordinal))
        {
            var payload = eventData.Payload!;
            var type = (string)payload[eventData.PayloadNames!.IndexOf("TypeName")]!;
            var bytes = Convert.ToInt64(payload[eventData.PayloadNames.IndexOf("AllocationAmount64")], CultureInfo.InvariantCulture);
            lock (_bytesByType)
            {
                _bytesByType[type] = _bytesByType.GetValueOrDefault(type) + bytes;
            }
        }
    }
}
