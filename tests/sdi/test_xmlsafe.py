# SPDX-License-Identifier: EUPL-1.2
"""No document type, entity, network or giant passes the one XML parser, in any encoding; honest documents do."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdi.errors import InvalidParameter, TooLarge
from sdi.xmlsafe import DEPTH, parse

LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + ']><a b="&a9;">&a9;</a>'
)
HOSTILE = {
    "billion laughs": LAUGHS,
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external entity over network": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]><a>&x;</a>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]><a/>',
    "external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    "plain doctype": "<!DOCTYPE a><a/>",
    "behind comments": "<!-- x --><?pi y?>\n <!-- - -- ><!DOCTYPE a><a/>-->".replace("- -- ", "- ")
    + "<!DOCTYPE a><a/>",
    "entity without doctype": "<a>&x;</a>",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037", "utf-8-sig"]
)
def test_document_types_and_entities_are_refused_in_any_encoding(name: str, encoding: str) -> None:
    for declaration in ("", '<?xml version="1.0"?>', f'<?xml version="1.0" encoding="{encoding}"?>'):
        with pytest.raises(InvalidParameter):
            parse((declaration + HOSTILE[name]).encode(encoding), limit=100_000)


def test_declared_encoding_that_hides_a_doctype_is_refused() -> None:
    body = '<?xml version="1.0" encoding="IBM037"?><!DOCTYPE a><a/>'.encode("cp037")
    with pytest.raises(InvalidParameter):
        parse(body, limit=1000)
    with pytest.raises(InvalidParameter, match="utf-7"):
        parse(b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>', limit=1000)


def test_limit_of_bytes() -> None:
    assert parse(b"<a>" + b" " * 93 + b"</a>", limit=100).tag == "a"
    with pytest.raises(TooLarge, match="100 bytes"):
        parse(b"<a>" + b" " * 94 + b"</a>", limit=100)


@pytest.mark.parametrize("levels", [DEPTH + 1, 255, 1_600, 100_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    with pytest.raises((TooLarge, InvalidParameter)):
        parse(b"<a>" * levels + b"</a>" * levels, limit=10_000_000)


def test_depth_up_to_the_limit() -> None:
    assert parse(b"<a>" * DEPTH + b"</a>" * DEPTH, limit=10_000).tag == "a"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a/><a/>",
        b"\x00<a/>",
        b"<a>\x00</a>",
        b"<a>\xff</a>",
        b"<a b=1/>",
        b"<?xml",
        b'<?xml version="1.0"?>',
        b"<!--" * 50_000,
        b"<?" * 50_000,
        b"\xff\xfe<\x00a",
        b"<x:a/>",
    ],
)
def test_broken_documents_are_refused(data: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidParameter):
        parse(data, limit=1_000_000)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-2", "windows-1250"])
def test_polish_text_in_the_encodings_offices_use(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    body = f'<?xml version="1.0" encoding="{name}"?>\n<!-- ok -->\n<a>Zażółć gęślą jaźń</a>'.encode(encoding)
    assert parse(body, limit=1000).text == "Zażółć gęślą jaźń"


def test_doctype_inside_the_content_is_text() -> None:
    assert parse(b"<a><![CDATA[<!DOCTYPE html><p/>]]></a>", limit=1000).text == "<!DOCTYPE html><p/>"


def test_predefined_entities_are_characters() -> None:
    assert parse(b"<a>&lt;&amp;&#322;</a>", limit=1000).text == "<&ł"


@given(st.binary(max_size=200) | st.text(alphabet="<>/!?-[]a \"'=&;x", max_size=80).map(str.encode))
def test_any_bytes_are_a_tree_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(InvalidParameter, TooLarge):
        parse(data, limit=1000)
