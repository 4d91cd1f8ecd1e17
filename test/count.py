# Reads lit's JSON report and prints "PASSED FAILED"; a test that lit skips as unsupported counts as neither.
import json
import sys

FAILED = {"FAIL", "UNRESOLVED", "TIMEOUT", "XPASS"}
PASSED = {"PASS", "FLAKYPASS", "XFAIL"}

try:
    with open(sys.argv[1], encoding="utf-8") as f:
        codes = [t["code"] for t in json.load(f)["tests"]]
except (OSError, ValueError, KeyError) as e:
    sys.exit(f"count.py: {e}")
print(sum(c in PASSED for c in codes), sum(c in FAILED for c in codes))
