"""Reads what a run left (JUnit's report and the hooks' tally), says what it saw, and ends with "N passed, N failed".

A suite whose requests are all refused finds nothing wrong. So it also fails when an operation of the document never
succeeded, and when too few requests did.
"""

import json
import sys
from xml.etree import ElementTree

# Of all answers; about half of the requests break the document on purpose.
SHARE_THAT_SUCCEEDS = 0.25


def main():
    junit, tally, document = sys.argv[1:]
    passed = failed = 0
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None:
            passed += 1

    with open(tally) as file:
        answers = json.load(file)
    with open(document) as file:
        paths = json.load(file)["paths"]
    operations = sorted(operation["operationId"] for item in paths.values() for operation in item.values())
    succeeded = total = 0
    for operation in operations:
        seen = answers.get(operation, {})
        done = sum(count for status, count in seen.items() if status.startswith("2"))
        succeeded, total = succeeded + done, total + sum(seen.values())
        print(f"{operation:32}", "  ".join(f"{status}: {count}" for status, count in sorted(seen.items())) or "never asked")
        if done:
            passed += 1
        else:
            failed += 1
            print(f"  FAILED: {operation} never succeeded")
    share = succeeded / total if total else 0
    print(f"{total} answers, {share:.0%} of them successes")
    if share >= SHARE_THAT_SUCCEEDS:
        passed += 1
    else:
        failed += 1
        print(f"  FAILED: fewer successes than {SHARE_THAT_SUCCEEDS:.0%}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
