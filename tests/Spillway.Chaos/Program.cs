using Spillway.Chaos;

return await Commands.RunAsync(args);
