using Spillway.Tool.CommandLine;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

return await VerbTable.RunAsync(args, Console.Out, Console.Error, stop.Token);
