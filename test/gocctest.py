# The format of our tests for lit: a shell test, or, where a file under unit/ has no RUN line, a unit test.
import os

import lit.formats
import lit.Test
import lit.util


class GoccTest(lit.formats.ShTest):
    def __init__(self, build):
        super().__init__(execute_external=True)
        self.build = build

    def execute(self, test, lit_config):
        if test.path_in_suite[0] == "unit" and not has_run_line(test.getSourcePath()):
            return self.run_unit(test, lit_config)
        return super().execute(test, lit_config)

    def run_unit(self, test, lit_config):
        name = os.path.splitext(test.path_in_suite[-1])[0]
        program = os.path.join(self.build, "test", "unit", name)
        try:
            out, err, status = lit.util.executeCommand(
                [program], env=test.config.environment, timeout=lit_config.maxIndividualTestTime
            )
        except lit.util.ExecuteCommandTimeoutException as e:
            return lit.Test.TIMEOUT, e.out + e.err
        if status == 0:
            return lit.Test.PASS, ""
        return lit.Test.FAIL, f"{program}: exit status {status}\n{out}{err}"


def has_run_line(path):
    with open(path, "rb") as f:
        return b"RUN:" in f.read()
