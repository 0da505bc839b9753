namespace Spillway.History.Checking;

/// <summary>Cycles of a directed graph: Tarjan's algorithm, with a stack of its own because a soak's graph is deep.</summary>
internal static class StronglyConnected
{
    /// <summary>The components of two nodes or more, and those of one node that points at itself.</summary>
    public static List<List<int>> FindCycles(IReadOnlyDictionary<int, HashSet<int>> edges)
    {
        var search = new Search(edges);
        foreach (var node in edges.Keys)
        {
            search.From(node);
        }

        return search.Cycles;
    }

    private sealed class Search(IReadOnlyDictionary<int, HashSet<int>> edges)
    {
        private readonly Dictionary<int, (int Index, int Low)> _visited = [];
        private readonly HashSet<int> _onPath = [];
        private readonly Stack<int> _path = new();
        private readonly Stack<(int Node, IEnumerator<int> Next)> _calls = new();

        public List<List<int>> Cycles { get; } = [];

        public void From(int start)
        {
            if (_visited.ContainsKey(start))
            {
                return;
            }

            Enter(start);
            while (_calls.TryPeek(out var call))
            {
                if (!call.Next.MoveNext())
                {
                    Leave(call.Node);
                }
                else if (!_visited.TryGetValue(call.Next.Current, out var seen))
                {
                    Enter(call.Next.Current);
                }
                else if (_onPath.Contains(call.Next.Current))
                {
                    Lower(call.Node, seen.Index);
                }
            }
        }

        private void Enter(int node)
        {
            _visited[node] = (_visited.Count, _visited.Count);
            _path.Push(node);
            _onPath.Add(node);
            IEnumerable<int> next = edges.TryGetValue(node, out var targets) ? targets : [];
            _calls.Push((node, next.GetEnumerator()));
        }

        private void Leave(int node)
        {
            _calls.Pop().Next.Dispose();
            var (index, low) = _visited[node];
            if (_calls.TryPeek(out var caller))
            {
                Lower(caller.Node, low);
            }

            if (low != index)
            {
                return;
            }

            List<int> component = [];
            int member;
            do
            {
                member = _path.Pop();
                _onPath.Remove(member);
                component.Add(member);
            }
            while (member != node);

            if (component.Count > 1 || (edges.TryGetValue(node, out var own) && own.Contains(node)))
            {
                Cycles.Add(component);
            }
        }

        private void Lower(int node, int low)
        {
            var at = _visited[node];
            _visited[node] = (at.Index, Math.Min(at.Low, low));
        }
    }
}
