"""The base of the black-box tests: a short temporary folder, children that end with the test, their logs on failure.

Run as a program it runs one test of one file for ctest: scenario.py FILE TEST. Exit 0 passed, 1 failed, 77 skipped.
"""

import importlib.util
import pathlib
import shutil
import sys
import tempfile
import unittest

from processes import Child

SKIPPED = 77


class Scenario(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        # Unix sockets live here: their paths must stay under 108 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ent-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self._children = []

    def start(self, arguments, environment=None, name=None):
        child = Child(arguments, environment, name)
        self._children.append(child)
        self.addCleanup(child.stop)
        return child

    def logs(self):
        return "\n".join(child.log() for child in self._children)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.logs(), file=sys.stderr)
        return result


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _select(suite, name):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _select(item, name)
        elif name in (item.id().rsplit(".", 1)[-1], "all"):
            yield item


def main(path, name):
    loaded = unittest.defaultTestLoader.loadTestsFromModule(_load(pathlib.Path(path).resolve()))
    chosen = unittest.TestSuite(_select(loaded, name))
    if chosen.countTestCases() == 0:
        print(f"{path}: no test {name}", file=sys.stderr)
        return 1
    result = unittest.TextTestRunner(verbosity=2).run(chosen)
    if not result.wasSuccessful():
        return 1
    return SKIPPED if result.skipped else 0


if __name__ == "__main__":
    # Test files import this module by its name; without this they would get a second Scenario.
    sys.modules["scenario"] = sys.modules["__main__"]
    sys.exit(main(*sys.argv[1:3]))
