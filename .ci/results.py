"""Reads the .trx files of one `dotnet test` run: times against budgets, skipped and failed tests, and the sum.

usage: results.py RESULTS_DIR BUDGETS_FILE
The last line is `N passed, N failed, N skipped`; the exit code is 1 when a test failed or none ran.
"""
import datetime
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

NAMESPACE = {"t": "http://microsoft.com/schemas/VisualStudio/TeamTest/2010"}


def read_budgets(path):
    rows = (line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#"))
    return {name: float(seconds) for name, seconds in rows}


def seconds_between(times):
    start, finish = (datetime.datetime.fromisoformat(times.get(key)) for key in ("start", "finish"))
    return (finish - start).total_seconds()


def read_suite(path):
    root = ElementTree.parse(path).getroot()
    times = root.find("t:Times", NAMESPACE)
    results = root.findall("t:Results/t:UnitTestResult", NAMESPACE)
    tests = {"Passed": [], "Failed": [], "NotExecuted": []}
    for result in results:
        message = result.findtext("t:Output/t:ErrorInfo/t:Message", "", NAMESPACE) or result.findtext("t:Output/t:StdOut", "", NAMESPACE)
        outcome = result.get("outcome")
        tests[outcome if outcome in ("Passed", "NotExecuted") else "Failed"].append((result.get("testName"), message.strip()))
    return (seconds_between(times) if times is not None else 0.0), tests


def main():
    folder, budgets = pathlib.Path(sys.argv[1]), read_budgets(pathlib.Path(sys.argv[2]))
    suites = {path.stem: read_suite(path) for path in sorted(folder.glob("*.trx"))}
    sums = {"Passed": 0, "Failed": 0, "NotExecuted": 0}

    print(f"\n{'suite':<34}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}{'budget':>8}")
    for name, (seconds, tests) in suites.items():
        for outcome in sums:
            sums[outcome] += len(tests[outcome])
        budget = budgets.get(name)
        mark = "  no budget stated" if budget is None else "  OVER BUDGET" if seconds > budget else ""
        counts = "".join(f"{len(tests[outcome]):>8}" for outcome in sums)
        print(f"{name:<34}{counts}{seconds:>9.1f}{budget or 0:>8.0f}{mark}")
    for name in sorted(set(budgets) - set(suites)):
        print(f"{name:<34}  ran no tests")
    print(f"{'sum':<34}{''.join(f'{count:>8}' for count in sums.values())}{sum(seconds for seconds, _ in suites.values()):>9.1f}"
          f"{sum(budgets.values()):>8.0f}")

    for title, outcome in (("Skipped", "NotExecuted"), ("Failed", "Failed")):
        listed = [test for _, tests in suites.values() for test in tests[outcome]]
        if listed:
            print(f"\n{title}:")
        for test, message in listed:
            print(f"  {test}: {message.splitlines()[0] if message else 'no reason given'}")

    print(f"\n{sums['Passed']} passed, {sums['Failed']} failed, {sums['NotExecuted']} skipped")
    return 1 if sums["Failed"] or sums["Passed"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
