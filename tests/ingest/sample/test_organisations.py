# SPDX-License-Identifier: EUPL-1.2
"""The tree of organisations: one root, each slug once, ASCII and the same every time."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sample.organisations import read_tree, slug, write_tree
from ingest.sample.service import SampleRegion
from sdi.errors import SetupError


def test_the_tree_is_whole(sample: SampleRegion) -> None:
    tree = sample.organisations
    by_slug = {organisation.slug: organisation for organisation in tree}
    assert Counter(organisation.kind for organisation in tree) == {"region": 1, "county": 42, "commune": 314}
    assert len(by_slug) == len({organisation.teryt for organisation in tree}) == 357
    assert tree[0].parent is None
    for position, organisation in enumerate(tree[1:], start=1):
        parent = by_slug[organisation.parent or ""]
        assert tree.index(parent) < position
        assert (organisation.teryt or "").startswith(parent.teryt or "-")
        assert re.fullmatch(r"[a-z][a-z0-9_]{2,39}", organisation.slug)
        assert organisation.title["pl"]
        assert organisation.title["en"]


@pytest.mark.parametrize(
    ("teryt", "expected"),
    [
        ("14", "mazowieckie"),
        ("1419", "plocki"),
        ("1462", "miasto_plock"),
        ("146501", "warszawa"),
        ("141906", "gabin"),
        ("140301", "garwolin"),
        ("140304", "garwolin_wies"),
        ("142608", "siedlce_wies"),
        ("140103", "radzanow_bialobrzeski"),
        ("141304", "radzanow_mlawski"),
    ],
)
def test_slugs_are_stable(sample: SampleRegion, teryt: str, expected: str) -> None:
    assert next(found.slug for found in sample.organisations if found.teryt == teryt) == expected


@given(st.text(max_size=50))
def test_a_slug_is_ascii_and_a_slug_of_itself(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]*", slug(name))
    assert slug(slug(name)) == slug(name)


def test_a_kept_tree_is_read_back(tmp_path: Path, sample: SampleRegion) -> None:
    write_tree(sample.organisations, tmp_path / "tree.json")
    assert read_tree(tmp_path / "tree.json") == sample.organisations


@pytest.mark.parametrize("content", ["", "[{}]", '[{"slug": 1}]'])
def test_a_spoilt_tree_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "tree.json").write_text(content, encoding="utf-8")
    with pytest.raises(SetupError, match=r"tree\.json"):
        read_tree(tmp_path / "tree.json")
