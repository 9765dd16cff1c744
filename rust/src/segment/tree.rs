//! The hash tree over a segment's rows: RFC 6962, section 2.1, with a secret salt in each leaf.

use sha2::{Digest, Sha256};

use super::sha256::{LANES, digests};

pub const KEY_BYTES: usize = 32;
pub const SALT_BYTES: usize = 16;

pub type RowKey = [u8; KEY_BYTES];
pub type Node = [u8; 32];
pub type Salt = [u8; SALT_BYTES];

/// How many rows are salted and hashed at once.
pub const AT_ONCE: usize = LANES;

/// Return the salts of `count` rows from `first` on. Without the key nobody can guess and test the content of a leaf.
pub fn salts(key: &RowKey, first: u64, count: usize) -> [Salt; AT_ONCE] {
    let mut data = [[0; KEY_BYTES + 8]; AT_ONCE];
    for (index, data) in (first..).zip(&mut data) {
        data[..KEY_BYTES].copy_from_slice(key);
        data[KEY_BYTES..].copy_from_slice(&index.to_be_bytes());
    }
    let digests = hash_data(data[..count].iter().map(<[u8; KEY_BYTES + 8]>::as_slice));
    digests.map(|digest| std::array::from_fn(|at| digest[at]))
}

/// Return the salt of one row.
pub fn salt(key: &RowKey, index: u64) -> Salt {
    salts(key, index, 1)[0]
}

/// Begin the data of a leaf. The canonical row must follow.
pub fn begin_leaf(salt: &Salt, data: &mut Vec<u8>) {
    data.clear();
    data.push(0);
    data.extend_from_slice(salt);
}

/// Return the hashes of at most `AT_ONCE` items, in their order.
pub fn hash_data<'d>(data: impl Iterator<Item = &'d [u8]>) -> [Node; AT_ONCE] {
    let mut all = [[].as_slice(); AT_ONCE];
    let count = all
        .iter_mut()
        .zip(data)
        .map(|(place, data)| *place = data)
        .count();
    digests(&all[..count])
}

/// Return the parents of one level of nodes.
fn parent_nodes(below: &[Node]) -> Vec<Node> {
    let mut above = Vec::with_capacity(below.len().div_ceil(2));
    for some in below.chunks(2 * AT_ONCE) {
        let mut data = [[1; 65]; AT_ONCE];
        let pairs = some.chunks_exact(2);
        // A last node without a partner moves up unchanged.
        let last = pairs.remainder();
        for (data, pair) in data.iter_mut().zip(pairs.clone()) {
            data[1..33].copy_from_slice(&pair[0]);
            data[33..].copy_from_slice(&pair[1]);
        }
        let count = pairs.len();
        let nodes = hash_data(data[..count].iter().map(<[u8; 65]>::as_slice));
        above.extend_from_slice(&nodes[..count]);
        above.extend_from_slice(last);
    }
    above
}

/// All nodes of a tree, level by level. A last node without a partner moves up unchanged.
pub struct Tree {
    levels: Vec<Vec<Node>>,
}

impl Tree {
    pub fn new(leaves: Vec<Node>) -> Tree {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = parent_nodes(below);
            levels.push(above);
        }
        Tree { levels }
    }

    pub fn rows(&self) -> u64 {
        self.levels[0].len() as u64
    }

    pub fn root(&self) -> Node {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| Sha256::digest(b"").into())
    }

    /// Return the audit path of a leaf (RFC 6962, 2.1.1), from the bottom.
    pub fn path(&self, index: u64) -> Vec<Node> {
        let mut at = index as usize;
        let mut path = Vec::new();
        for level in &self.levels {
            path.extend(level.get(at ^ 1));
            at >>= 1;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::super::hex::hex;
    use super::*;

    #[test]
    fn salts_roots_and_paths_are_golden() {
        let text = include_str!("../../../tests/vectors/segments.json");
        let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
        let texts = |name: &str| -> Vec<String> {
            let all = vectors[name].as_array().unwrap().iter();
            all.map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        let key: RowKey = std::array::from_fn(|at| at as u8);
        assert_eq!(vectors["row_key"], hex(&key));
        let salts: Vec<_> = (0..texts("rows").len() as u64)
            .map(|index| salt(&key, index))
            .collect();
        assert_eq!(
            salts.iter().map(|salt| hex(salt)).collect::<Vec<_>>(),
            texts("salts")
        );
        let leaves: Vec<Node> = salts
            .iter()
            .zip(texts("rows"))
            .map(|(salt, row)| {
                let mut data = Vec::new();
                begin_leaf(salt, &mut data);
                data.extend_from_slice(row.as_bytes());
                hash_data([data.as_slice()].into_iter())[0]
            })
            .collect();
        for (count, root) in texts("roots_of_first").iter().enumerate() {
            assert_eq!(hex(&Tree::new(leaves[..count].to_vec()).root()), *root);
        }
        let tree = Tree::new(leaves);
        for (index, path) in vectors["paths"].as_array().unwrap().iter().enumerate() {
            let path_hashes: Vec<String> = tree
                .path(index as u64)
                .iter()
                .map(|node| hex(node))
                .collect();
            assert_eq!(serde_json::json!(path_hashes), *path);
        }
    }
}
