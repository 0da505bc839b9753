namespace Spillway.Storage.Faults;

/// <summary>The hooks as the control file sets them. Thread-safe.</summary>
internal sealed class ControlledFailPoints(FaultControl control) : IFailPoints
{
    public void Pass(string failPoint)
    {
        foreach (var rule in control.Rules)
        {
            if (Strikes(rule, failPoint))
            {
                rule.Ended.Wait();
            }
        }
    }

    public async ValueTask PassAsync(string failPoint, CancellationToken cancellationToken)
    {
        foreach (var rule in control.Rules)
        {
            if (Strikes(rule, failPoint))
            {
                await rule.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Crash and lost answer happen here; what is left to the caller is to wait out a pause.</summary>
    private bool Strikes(FaultRule rule, string failPoint)
    {
        if (!rule.IsFor(failPoint) || !rule.TryStrike())
        {
            return false;
        }

        control.NoteStrike(rule, failPoint);
        switch (rule.Kind)
        {
            case FaultKind.Crash:
                control.Die(failPoint);
                return false;
            case FaultKind.Lose:
                throw new FailPointException(failPoint);
            default:
                return true;
        }
    }
}
