"""YAML reader: from text to plain data, with the place of each value and key.

PyYAML finds the nodes; their values are interpreted here, because PyYAML follows YAML 1.1, which reads `1e-3` as text,
`16:9` as 969, `no` as false and `010` as eight. The rules are those of YAML 1.2's core schema:
https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from netviz.scene.messages import printable

YamlPath = tuple[str | int, ...]

_DEEPEST = 50
MOST_VALUES = 100_000
LONGEST_NUMBER = 100

_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float"))
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile("[\n\x85\u2028\u2029]")
"""Characters at which PyYAML counts a new line."""
_CUT_OFF = re.compile(r" (#\S+)")
_COLOURS = "palette"
"""Key of a scene whose values are colours: there a comment that looks like one is taken for one."""
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})(?![0-9a-zA-Z])")
_COLOUR_IN_BRACKETS = re.compile(rf"[^#]*[\[{{](?:[^#]*[\s,:])?({_COLOUR.pattern})")
_CLEARER_MESSAGES = (
    ("'\\t' that cannot start any token", "a tab cannot indent a line; use spaces"),
    (
        "mapping values are not allowed here",
        "a key cannot stand here: the indentation does not fit, or a text that holds ': ' must be quoted",
    ),
    ("cannot start any token", "{}; a text that begins with it must be quoted"),
    ("undefined alias", "{}; a text that begins with * must be quoted"),
    ("but got '?'", "a text that holds ? must be quoted in brackets or braces"),
    ("but found '<block mapping start>'", "the indentation does not fit the lines above"),
    ("but found '<block sequence start>'", "the indentation does not fit the lines above"),
)


@dataclass(frozen=True, order=True)
class Position:
    """A place in a text; the first line and the first column are 1."""

    line: int
    column: int


@dataclass(frozen=True)
class SyntaxIssue:
    """A syntax mistake that leaves the rest of the file readable.

    path: of the key or value it is about, None if that has none. spoils: true if the data have no right value for it.
    """

    position: Position
    path: YamlPath | None
    message: str
    spoils: bool = False


@dataclass
class Tree:
    """Plain data (dict, list, str, int, float, bool, None) with the places of its values and keys.

    hints: advice about values that are probably not what their author meant; notes: the same about right ones, with
    their places.
    """

    data: Any = None
    values: dict[YamlPath, Position] = field(default_factory=dict)
    keys: dict[YamlPath, Position] = field(default_factory=dict)
    hints: dict[YamlPath, str] = field(default_factory=dict)
    notes: list[tuple[Position, YamlPath, str]] = field(default_factory=list)
    syntax_issues: list[SyntaxIssue] = field(default_factory=list)

    def position(self, path: YamlPath) -> Position:
        """Return the place of the value at the path; for a missing value the place of its nearest parent."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Position(1, 1))


class UnreadableYaml(ValueError):
    """Error: the text is not YAML, or holds more than a scene can need."""

    def __init__(self, position: Position, message: str) -> None:
        self.position = position
        self.message = message
        super().__init__(f"{position.line}:{position.column}: {message}")


def read_tree(text: str) -> Tree:
    """Parse one YAML document. Raises UnreadableYaml if nothing can be read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if wrong := _UNREADABLE.search(text):
        line_start = text.rfind("\n", 0, wrong.start()) + 1
        raise UnreadableYaml(
            Position(text.count("\n", 0, wrong.start()) + 1, wrong.start() - line_start + 1),
            f"character {wrong[0]!r} cannot stand in a YAML file; is this a text file?",
        )
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error, text) from None
    finally:
        loader.dispose()
    builder = _Builder(text)
    builder.tree.syntax_issues += loader.syntax_issues
    if root is not None:
        builder.tree.data = builder.build(root, (), ())
    return builder.tree


def _unreadable(error: yaml.MarkedYAMLError, text: str) -> UnreadableYaml:
    message = error.problem or error.context or "not YAML"
    if colour := _colour_in_brackets(error, text):
        return colour
    if "single document" in (error.context or ""):
        return UnreadableYaml(_position(error.problem_mark), "a second document begins here; a scene file holds one")
    for part, clearer in _CLEARER_MESSAGES:
        if part in message:
            message = clearer.format(message)
            break
    else:
        if error.context and error.context_mark:
            message += f" ({error.context} that begins in line {error.context_mark.line + 1})"
    return UnreadableYaml(_position(error.problem_mark or error.context_mark), message)


def _colour_in_brackets(error: yaml.MarkedYAMLError, text: str) -> UnreadableYaml | None:
    """Message for a colour without quotes that made a comment of the rest of its line, closing brackets and all."""
    end = error.problem_mark
    if end is None or "flow" not in (error.context or ""):
        return None
    lines = text[: end.index].split("\n")
    for number, line in zip(range(len(lines), 0, -1), reversed(lines), strict=True):
        found = _COLOUR_IN_BRACKETS.match(line)
        if found is not None and line[: found.start(1)].count('"') % 2 == 0:
            return UnreadableYaml(Position(number, found.start(1) + 1), _quote(found[1]))
    return None


def _quote(colour: str) -> str:
    return f'no colour: in YAML a # begins a comment; write "{colour}" in quotes'


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)


class _Loader(yaml.SafeLoader):
    """PyYAML's loader with YAML 1.2's rules for plain scalars, limited to _DEEPEST levels and MOST_VALUES values."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own attribute

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.syntax_issues: list[SyntaxIssue] = []
        self._depth = 0
        self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        position = _position(event.start_mark)
        # Checked on the way down, so that a thousand brackets never become a thousand nested calls.
        if self._depth > _DEEPEST:
            raise UnreadableYaml(position, f"nested more than {_DEEPEST} deep")
        self._count += 1
        if self._count > MOST_VALUES:
            raise UnreadableYaml(position, f"more than {MOST_VALUES:,} values")
        if tag := getattr(event, "tag", None):
            self.syntax_issues.append(
                SyntaxIssue(position, None, f"the tag {_tag_name(tag)} is not allowed; a scene is plain data")
            )
            event.tag = None  # read on as if it were not there, for the mistakes in the rest
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _tag_name(tag: str) -> str:
    core = "tag:yaml.org,2002:"
    return printable("!!" + tag.removeprefix(core) if tag.startswith(core) else tag)


for _tag, _pattern, _first in (
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (_BOOL, r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (_INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        _FLOAT,
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first)


class _Builder:
    """Conversion of nodes to plain data, with aliases written out and the place of every value and key recorded."""

    def __init__(self, text: str) -> None:
        self.tree = Tree()
        self._lines = _LINE_BREAK.split(text)
        self._count = 0

    def build(self, node: yaml.Node, path: YamlPath, parents: tuple[yaml.Node, ...]) -> Any:
        position = _position(node.start_mark)
        if any(node is parent for parent in parents):
            raise UnreadableYaml(position, "an alias stands inside the very value it repeats")
        if len(parents) > _DEEPEST:
            raise UnreadableYaml(position, f"nested more than {_DEEPEST} deep")
        self._count += 1
        if self._count > MOST_VALUES:
            raise UnreadableYaml(position, f"more than {MOST_VALUES:,} values when its aliases are written out")
        self.tree.values[path] = position
        if isinstance(node, yaml.MappingNode):
            return {key: self.build(value, (*path, key), (*parents, node)) for key, value in self._pairs(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index), (*parents, node)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _pairs(self, node: yaml.MappingNode, path: YamlPath) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, Position] = {}
        for key_node, value_node in node.value:
            position = _position(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self._issue(position, None, "a list or a mapping cannot be a key")
                continue
            key = _joined(key_node.value)
            if key in seen:
                first = seen[key].line
                self._issue(position, (*path, key), f"duplicate key; it stands already in line {first}")
            elif key == "<<" and key_node.style is None:
                self._issue(position, (*path, key), "merge keys are not supported; write the keys out")
            else:
                seen[key] = self.tree.keys[*path, key] = position
                yield key, value_node

    def _scalar(self, node: yaml.Node, path: YamlPath) -> Any:
        text = node.value
        if node.tag == _NULL:
            comment = "" if text else self._comment(node)
            if comment and path[:1] == (_COLOURS,) and (colour := _COLOUR.match(comment)):
                self._issue(_position(node.start_mark), path, _quote(colour[0]), spoils=True)
            elif comment:
                self.tree.hints[path] = "a value that begins with # must be quoted"
            return None
        if node.tag == _BOOL:
            return text.lower() == "true"
        if node.tag not in (_INT, _FLOAT):
            if isinstance(node, yaml.ScalarNode) and node.style is None and (cut := self._cut_off(node)):
                message = f"ends before '{printable(cut)}', which YAML takes for a comment; quote the text to keep it"
                self.tree.notes.append((_position(node.start_mark), path, message))
            return _joined(text)
        if len(text) > LONGEST_NUMBER:
            message = f"a number of {len(text)} characters; {LONGEST_NUMBER} are the most"
            self._issue(_position(node.start_mark), path, message, spoils=True)
            return None
        return _whole_number(text) if node.tag == _INT else _number(text)

    def _comment(self, node: yaml.Node) -> str:
        """The comment that begins where a node without a text does; "" for none."""
        position = _position(node.start_mark)
        rest = self._lines[position.line - 1][position.column - 1 :].lstrip()
        return rest if rest.startswith("#") else ""

    def _cut_off(self, node: yaml.Node) -> str:
        """A word with # in front that follows a plain text at once: a comment has more room around its #."""
        end = _position(node.end_mark)
        found = _CUT_OFF.match(self._lines[end.line - 1][end.column - 1 :])
        return found[1] if found else ""

    def _issue(self, position: Position, path: YamlPath | None, message: str, *, spoils: bool = False) -> None:
        self.tree.syntax_issues.append(SyntaxIssue(position, path, message, spoils))


def _joined(text: str) -> str:
    # JSON, which YAML 1.2 includes, escapes a character beyond U+FFFF as two surrogates.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _whole_number(text: str) -> int:
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)


def _number(text: str) -> float:
    # YAML writes .inf and .nan; Python knows them without the dot.
    return float(text.replace(".", "", 1)) if text.strip("+-.").isalpha() else float(text)
