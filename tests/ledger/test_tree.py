"""The tree against the published vectors of Certificate Transparency, and against RFC 6962 written out plainly."""

from collections.abc import Sequence
from hashlib import sha256

import pytest

from sightline.ledger import tree

# The reference tests of Certificate Transparency (google/certificate-transparency, merkletree; now
# transparency-dev/merkle, testonly/constants.go and proof/verify_test.go).
LEAVES = tuple(
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
)
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
HASHES = tuple(map(tree.hash_leaf, LEAVES))

INCLUSION = [
    (0, 1, ()),
    (0, 2, ("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",)),
    (1, 2, ("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",)),
    (2, 3, ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",)),
    (
        1,
        5,
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
    (
        0,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        5,
        8,
        (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
]
CONSISTENCY = [
    (1, 1, ()),
    (
        1,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        6,
        8,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (
        2,
        5,
        (
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


def many(count: int) -> list[bytes]:
    return [tree.hash_leaf(index.to_bytes(4, "big")) for index in range(count)]


def test_single_hashes_are_the_published_ones() -> None:
    assert tree.hash_leaf(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert tree.hash_node(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    frontier = tree.Frontier()
    for leaf in HASHES[:size]:
        frontier.append(leaf)
    assert (frontier.size, frontier.compute_root().hex()) == (size, ROOTS[size])
    assert tree.compute_root(iter(HASHES[:size])).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_inclusion_paths_are_the_published_ones(index: int, size: int, path: tuple[str, ...]) -> None:
    nodes = tuple(map(bytes.fromhex, path))
    assert tree.compute_inclusion_path(HASHES[:size], index) == nodes
    assert tree.verify_inclusion(HASHES[index], index, size, nodes, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_consistency_paths_are_the_published_ones(old: int, new: int, path: tuple[str, ...]) -> None:
    nodes = tuple(map(bytes.fromhex, path))
    assert tree.compute_consistency_path(HASHES, old, new) == nodes
    assert tree.verify_consistency(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), nodes)


@pytest.mark.parametrize("size", [*range(1, 40), 4095, 4096, 4097, 8193, 10_000])
def test_a_root_does_not_depend_on_how_the_leaves_came(size: int) -> None:
    hashes = many(size)
    expected = plain_root([index.to_bytes(4, "big") for index in range(size)])
    grown = tree.Frontier()
    for start in range(0, size, 1237):
        grown = tree.Frontier(grown.size, grown.peaks)
        grown.append(hashes[start])
        grown.extend(hashes[start + 1 : start + 1237])
    assert tree.compute_root(hashes) == grown.compute_root() == expected
    assert len(grown.peaks) == size.bit_count()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 100])
def test_every_leaf_is_proved_and_no_other_claim_is(size: int) -> None:
    hashes, root = many(size), tree.compute_root(many(size))
    paths = tree.compute_inclusion_paths(hashes, range(size))
    for index, path in enumerate(paths):
        assert tree.verify_inclusion(hashes[index], index, size, path, root)
        wrong = [
            (hashes[index], index + 1, size, path, root),
            (hashes[index], index - 1, size, path, root),
            (hashes[index], index, size * 2, path, root),
            (hashes[index - 1] if size > 1 else root[::-1], index, size, path, root),
            (hashes[index], index, size, (*path, root), root),
            (hashes[index], index, size, (root, *path), root),
            (hashes[index], index, size, path, tree.EMPTY_ROOT),
        ]
        wrong += [(hashes[index], index, size, path[:-1], root)] if path else []
        wrong += [(hashes[index], index, size, (*path[:-1], path[-1][:31]), root)] if path else []
        assert not any(tree.verify_inclusion(*claim) for claim in wrong)


@pytest.mark.parametrize("new", [1, 2, 3, 7, 8, 13, 32])
def test_every_growth_is_proved_and_no_other_is(new: int) -> None:
    hashes = many(new)
    root = tree.compute_root(hashes)
    for old in range(new + 1):
        before = tree.compute_root(hashes[:old])
        path = tree.compute_consistency_path(hashes, old, new)
        assert tree.verify_consistency(old, new, before, root, path)
        assert not tree.verify_consistency(old, new, before[::-1], root, path)
        assert not tree.verify_consistency(old, new, before, root, (*path, root))
        if 0 < old < new:
            assert not tree.verify_consistency(old, new, before, root[::-1], path)
            assert not tree.verify_consistency(old, new, before, root, path[:-1])
            assert not tree.verify_consistency(old - 1, new, before, root, path)
            changed = [*hashes[: old - 1], root, *hashes[old:]]
            assert not tree.verify_consistency(
                old, new, before, tree.compute_root(changed), tree.compute_consistency_path(changed, old, new)
            )


def test_an_invalid_frontier_or_leaf_is_refused() -> None:
    with pytest.raises(ValueError, match="not those of a tree of 3 leaves"):
        tree.Frontier(3, (HASHES[0],))
    with pytest.raises(ValueError, match="not those of a tree of 1 leaves"):
        tree.Frontier(1, (b"short",))
    with pytest.raises(IndexError, match="no leaf 8"):
        tree.compute_inclusion_path(HASHES, 8)
    with pytest.raises(IndexError, match="sizes 9 and 8"):
        tree.compute_consistency_path(HASHES, 9, 8)
