using Spillway.Standalone;

return await StandaloneHost.RunAsync(args, Console.Out, Console.Error);
