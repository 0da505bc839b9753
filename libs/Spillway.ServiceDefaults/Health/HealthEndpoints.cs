using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.ServiceDefaults.Health;

/// <summary>
/// <c>/healthz/live</c>: the loops are beating, else restart the process. <c>/healthz/ready</c>: dependencies answered and
/// we are not draining, else send no work. Both answer in plain text, one reason a line.
/// </summary>
internal static class HealthEndpoints
{
    public static void Map(WebApplication app)
    {
        var heartbeats = app.Services.GetRequiredService<LoopHeartbeats>();
        var readiness = app.Services.GetRequiredService<Readiness>();
        app.MapGet("/healthz/live", context => AnswerAsync(context, "live", DescribeSilent(heartbeats)));
        app.MapGet("/healthz/ready", async (HttpContext context) =>
            await AnswerAsync(context, "ready", await readiness.FindReasonsAsync(context.RequestAborted)));
    }

    private static string[] DescribeSilent(LoopHeartbeats heartbeats) =>
        [.. heartbeats.FindSilent().Select(silent => $"{silent.Name}: silent for {silent.Silence.TotalSeconds:F0} s")];

    private static Task AnswerAsync(HttpContext context, string good, IReadOnlyList<string> reasons)
    {
        context.Response.StatusCode = reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync((reasons.Count == 0 ? good : string.Join('\n', reasons)) + "\n", context.RequestAborted);
    }
}
