"""docs/usecase.schema.json and the parser agree: on the examples, and on the example with one thing changed at a time.

What only the parser can see (units, names that refer to each other, addresses) is not changed here, or listed in
`beyond_a_schema`.  usage: schema_agrees.py MILLRACE_PROGRAM
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = sys.argv.pop(1)


class Loader(yaml.SafeLoader):
    """YAML 1.2's idea of scalars: dates are texts, only true and false are booleans, 1e-5 is a number."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile("^(true|false)$"), list("tf"))
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", __import__("re").compile(r"^[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+$"), list("-+0123456789"))


def schema_accepts(document, schema):
    return jsonschema.Draft202012Validator(schema).is_valid(document)


def as_texts(node):
    """Codes of work orders are numbers in YAML and texts in JSON."""
    if isinstance(node, dict):
        return {str(key): as_texts(value) for key, value in node.items()}
    return [as_texts(entry) for entry in node] if isinstance(node, list) else node


def parser_says(text, folder):
    file = pathlib.Path(folder) / "changed.yaml"
    file.write_text(text)
    done = subprocess.run([PROGRAM, "usecase", "check", str(file)], capture_output=True, text=True, timeout=30)
    return done.returncode == 0, done.stdout + done.stderr


def walk(node, path=()):
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, path + (key,))
    elif isinstance(node, list):
        for index, value in enumerate(node[:2]):
            yield from walk(value, path + (index,))


def changed(document, path, change):
    copied = copy.deepcopy(document)
    if not path:
        return change(copied)
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = change(parent[path[-1]])
    return copied


def without(mapping, key):
    return {k: v for k, v in mapping.items() if k != key}


def changes(document):
    """(what, document with that change)"""
    for path, node in walk(document):
        name = "/".join(map(str, path)) or "the file"
        if isinstance(node, dict):
            yield f"{name}: an unknown key", changed(document, path, lambda m: m | {"no_such_key": 1})
            for key in node:
                yield f"{name}: without {key}", changed(document, path, lambda m, key=key: without(m, key))
            yield f"{name}: a number instead of a mapping", changed(document, path, lambda _: 7)
        elif isinstance(node, list):
            yield f"{name}: a word instead of a list", changed(document, path, lambda _: "word")
        elif isinstance(node, (int, float)) and not isinstance(node, bool):
            yield f"{name}: a word instead of a number", changed(document, path, lambda _: "word")
        else:
            yield f"{name}: a list instead of a word", changed(document, path, lambda _: ["x"])


# The parser sees further: a name that is gone breaks what refers to it; free-form mappings take any key.
beyond_a_schema = (
    "guard: an unknown key", "gates: an unknown key", "accuracy: an unknown key", "pseudonymise",
    "without codes", "codes/", "signals/0: without role", "signals/1: without role", "signals: ", "context/", "/name: ",
    "outcome/baseline: without measured", "quantity", "unit", "each/", "abort_on/", "model: without output", "model/output",
    "stakeholders", "canary", "when/", "/until: ", "/opcua: ",
)


class SchemaAgrees(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads((ROOT / "docs/usecase.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(cls.schema)

    def load(self, text):
        return as_texts(yaml.load(text, Loader))

    def test_valid_examples(self):
        for file in [*(ROOT / "examples/usecases").glob("*.yaml"), *(ROOT / "src/usecase/testdata/valid").glob("*.yaml")]:
            errors = list(jsonschema.Draft202012Validator(self.schema).iter_errors(self.load(file.read_text())))
            self.assertEqual([], [f"{error.json_path}: {error.message}" for error in errors], file)

    def test_invalid_examples(self):
        for file in (ROOT / "src/usecase/testdata/invalid").glob("*.yaml"):
            self.assertFalse(schema_accepts(self.load(file.read_text()), self.schema), file)

    def test_one_change_at_a_time(self):
        document = yaml.load((ROOT / "examples/usecases/turbofan-maintenance.yaml").read_text(), Loader)
        document["signals"] = document["signals"][:6] + document["signals"][-2:]
        compared = 0
        with tempfile.TemporaryDirectory() as folder:
            for what, mutant in changes(document):
                if any(word in what for word in beyond_a_schema):
                    continue
                good, output = parser_says(yaml.safe_dump(mutant, sort_keys=False), folder)
                compared += 1
                with self.subTest(what):
                    self.assertEqual(good, schema_accepts(as_texts(mutant), self.schema), output)
        self.assertGreater(compared, 100)
        print(f"{compared} changed files compared", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
