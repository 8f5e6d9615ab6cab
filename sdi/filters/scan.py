# SPDX-License-Identifier: EUPL-1.2
"""Lexical limits of a filter, checked in linear time before any parser sees it.

The parser behind (`cql2`) recurses on the native stack: a few hundred levels end the process. What it nests are
brackets, prefix operators and chains of infix operators other than AND and OR, so those are what is counted here.
It also tries every bracketed group twice, and so the groups within it, which takes minutes at 30 levels left open;
as arguments of a function they are tried once, so the text handed on has its groups written so.
"""

import re
from collections.abc import Iterator

from sdi.errors import InvalidParameter, TooLarge

BYTES = 64 * 1024
NESTING = 32
OPERATORS = 500
# An operation of CQL2 JSON opens two brackets; a literal multipolygon in it six more.
JSON_NESTING = 2 * NESTING + 8
# AND inside OR adds two levels for each bracket of the text; the compilers behind use some five frames a level.
TREE_NESTING = 2 * NESTING
WKT_NESTING = 3
# What stands for a bracketed group, and before the digits of an integer too long for a double, in the text handed on.
GROUP = "bracketed"
EXACT = "\x01"

TOKEN = re.compile(
    r"(?P<string>'[^']*+(?:'|\Z))"
    r'|(?P<quoted>"[^"]*+(?:"|\Z))'
    r"|(?P<number>[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]++)?)"
    r"|(?P<word>(?:[^\W\d]|:)[\w.:]*+)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)"
    r"|(?P<operator><=|>=|<>|!=|\|\||[-+*/%^=<>])"
)
_WORD_OPERATORS = frozenset({"not", "like", "between", "in", "is", "div"})
_CONNECTIVES = frozenset({"and", "or"})
_DIMENSIONS = frozenset({"z", "m", "zm"})
_OPERANDS = frozenset({"string", "quoted", "number", "word"})
_GEOMETRIES = frozenset(
    {"point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "z", "m", "zm"}
)
_JSON_TOKEN = re.compile(
    r'"(?P<string>[^"\\]*(?:\\.[^"\\]*)*)(?:"(?P<key>\s*:)?|\\?\Z)|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL
)


def check_size(source: str | bytes, *, locator: str | None = None) -> str:
    """The filter as text of at most 64 KB; raises TooLarge, and InvalidParameter for bytes that are not UTF-8."""
    if len(source) > BYTES:
        raise TooLarge(f"A filter may have {BYTES // 1024} KB.", locator=locator)
    try:
        data = source.encode() if isinstance(source, str) else source
        text = data.decode()
    except UnicodeError as error:
        raise InvalidParameter("The filter is not UTF-8 text.", locator=locator) from error
    if len(data) > BYTES:
        raise TooLarge(f"A filter may have {BYTES // 1024} KB.", locator=locator)
    if any(character < " " and character not in "\t\n\r" for character in text):
        raise InvalidParameter("The filter has control characters.", locator=locator)
    return text


def prepare_text(text: str, *, locator: str | None = None) -> str:
    """The text as the parser may have it: groups as arguments of GROUP, long integers as strings that start with EXACT.

    Raises TooLarge over 32 levels or 500 operators, and InvalidParameter for geometry no parser should see.
    """
    meter = _Meter(locator)
    previous = word = ""
    pieces: list[str] = []
    done = 0
    for token in TOKEN.finditer(text):
        kind, lowered = _kind(token)
        if kind == "open" and meter.open(previous, word):
            pieces += text[done : token.start()], f" {GROUP}"
            done = token.start()
        elif kind == "number" and meter.outside and len(token[0]) > 15 and token[0].isdigit():
            pieces += text[done : token.start()], f"'{EXACT}{token[0]}'"
            done = token.end()
        elif kind == "word" and token[0][0] in "_:":
            # The parser knows such names only in quotation marks.
            meter.operand(token[0], previous, word)
            pieces += text[done : token.start()], f'"{token[0]}"'
            done = token.end()
            kind = "quoted"
        elif kind == "operator" and not _is_sign(text, token, previous):
            meter.operator()
        else:
            if kind in _OPERANDS:
                meter.operand(token[0], previous, word)
            meter.other(kind, previous)
        previous, word = kind, lowered
    return "".join([*pieces, text[done:]])


def _kind(token: re.Match[str]) -> tuple[str, str]:
    """What the token is, and the word in lower case if it is one."""
    kind = token.lastgroup or ""
    word = token[0].lower() if kind == "word" else ""
    if word in _CONNECTIVES:
        return "connective", word
    return ("keyword" if word in _WORD_OPERATORS else kind), word


def _is_sign(text: str, token: re.Match[str], previous: str) -> bool:
    """Whether this is the sign of a number in a list, which nests nothing."""
    return previous in ("open", "comma") and token[0] in "+-" and text[token.end() : token.end() + 1].isdigit()


class _Meter:
    """Depth and number of operators, as the parser will see them."""

    def __init__(self, locator: str | None) -> None:
        self.locator = locator
        self._operators = 0
        self._base = 0
        self._level = 0
        self._wkt = 0
        self._outer: list[tuple[int, int, int]] = []

    @property
    def outside(self) -> bool:
        """Whether this is not inside a geometry literal."""
        return not self._wkt

    def open(self, previous: str, word: str) -> bool:
        """Enters a bracket; whether it groups, rather than opens arguments or coordinates."""
        called = previous in ("word", "quoted")
        geometry = previous == "word" and word in _GEOMETRIES
        if called and not geometry:
            self._count()
        self._outer.append((self._base, self._level, self._wkt))
        groups = not called and not self._wkt
        self._wkt += bool(self._wkt or geometry)
        if self._wkt > WKT_NESTING:
            raise InvalidParameter("A geometry of the filter has too many brackets.", locator=self.locator)
        self._deepen()
        self._base = self._level
        return groups

    def operand(self, text: str, previous: str, word: str) -> None:
        """A name or literal. The parser finds AND in `1and1`, so after an operand an operator must stand by itself."""
        if word in _GEOMETRIES and text.lower() == "empty":
            raise InvalidParameter("A geometry of the filter is empty.", locator=self.locator)
        follows = previous in _OPERANDS or previous == "close"
        escaped = previous == "string" and text.startswith("'")
        dimension = word in _GEOMETRIES and text.lower() in _DIMENSIONS
        if follows and self.outside and not escaped and not dimension:
            raise InvalidParameter(f"The filter has no operator before {text[:40]!r}.", locator=self.locator)

    def other(self, kind: str, previous: str) -> None:
        """A token that neither opens nor is a symbol."""
        # Where an operand is due the parser takes AND and OR for names, and they would part no chain.
        if kind == "connective" and previous not in _OPERANDS and previous != "close":
            raise InvalidParameter("AND and OR stand between two conditions.", locator=self.locator)
        if kind == "close" and self._outer:
            self._base, self._level, self._wkt = self._outer.pop()
        elif kind in ("comma", "connective"):
            self._level = self._base
        if kind == "connective":
            self._count()
        elif kind == "keyword":
            self._count()
            self._deepen()

    def operator(self) -> None:
        """A symbol. In a geometry literal it is a sign, which nests if the parser takes the literal for a function."""
        if self.outside:
            self._count()
        self._deepen()

    def _count(self) -> None:
        self._operators += 1
        if self._operators > OPERATORS:
            raise TooLarge(f"A filter may have {OPERATORS} operators.", locator=self.locator)

    def _deepen(self) -> None:
        self._level += 1
        if self._level > NESTING:
            raise TooLarge(f"A filter may nest {NESTING} levels.", locator=self.locator)


def check_json(text: str, *, locator: str | None = None) -> None:
    """Refuses JSON with too many brackets inside each other or over 500 operations; raises TooLarge."""
    depth = operations = 0
    for token in _JSON_TOKEN.finditer(text):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
        elif token["key"] and token["string"] == "op":
            operations += 1
        if depth > JSON_NESTING:
            raise TooLarge(f"A filter may nest {NESTING} levels.", locator=locator)
        if operations > OPERATORS:
            raise TooLarge(f"A filter may have {OPERATORS} operators.", locator=locator)


def check_tree(tree: object, *, locator: str | None = None) -> None:
    """Refuses a parsed filter whose operations nest too deep or are too many; raises TooLarge."""
    operations = 0
    for node, depth in walk(tree):
        operations += isinstance(node, dict) and "op" in node and node["op"] != GROUP
        if depth > TREE_NESTING:
            raise TooLarge(f"A filter may nest {NESTING} levels.", locator=locator)
        if operations > OPERATORS:
            raise TooLarge(f"A filter may have {OPERATORS} operators.", locator=locator)


def walk(tree: object) -> Iterator[tuple[object, int]]:
    """Every node with the number of operations round it, without recursion."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        if isinstance(node, dict):
            waiting.extend((value, depth + (node.get("op", GROUP) != GROUP)) for value in node.values())
        elif isinstance(node, list):
            waiting.extend((value, depth) for value in node)
