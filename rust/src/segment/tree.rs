//! The tree over a segment's rows: that of RFC 6962, section 2.1, with a secret salt in each leaf.

use sha2::{Digest, Sha256};

pub const KEY_BYTES: usize = 32;
pub const SALT_BYTES: usize = 16;

pub type RowKey = [u8; KEY_BYTES];
pub type Node = [u8; 32];

/// The salt of a row: without the key nobody can try what a leaf may hold.
pub fn salt(key: &RowKey, index: u64) -> [u8; SALT_BYTES] {
    let digest = Sha256::new()
        .chain_update(key)
        .chain_update(index.to_be_bytes())
        .finalize();
    let mut salt = [0; SALT_BYTES];
    salt.copy_from_slice(&digest[..SALT_BYTES]);
    salt
}

/// Begin the data of a leaf's hash: the canonical row comes next.
pub fn begin_leaf(salt: &[u8; SALT_BYTES], data: &mut Vec<u8>) {
    data.clear();
    data.push(0);
    data.extend_from_slice(salt);
}

/// The hash of a leaf.
pub fn leaf(data: &[u8]) -> Node {
    Sha256::digest(data).into()
}

fn parent(left: &Node, right: &Node) -> Node {
    let mut data = [1; 65];
    data[1..33].copy_from_slice(left);
    data[33..].copy_from_slice(right);
    Sha256::digest(data).into()
}

/// All nodes of a tree, level by level: where a level has no partner for its last node, that one rises as it is.
pub struct Tree {
    levels: Vec<Vec<Node>>,
}

impl Tree {
    pub fn new(leaves: Vec<Node>) -> Tree {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| match pair {
                [left, right] => parent(left, right),
                _ => pair[0],
            });
            levels.push(above.collect());
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

    /// The audit path of a leaf (RFC 6962, 2.1.1), from below.
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
                leaf(&data)
            })
            .collect();
        for (count, root) in texts("roots_of_first").iter().enumerate() {
            assert_eq!(hex(&Tree::new(leaves[..count].to_vec()).root()), *root);
        }
        let tree = Tree::new(leaves);
        for (index, path) in vectors["paths"].as_array().unwrap().iter().enumerate() {
            let found: Vec<String> = tree
                .path(index as u64)
                .iter()
                .map(|node| hex(node))
                .collect();
            assert_eq!(serde_json::json!(found), *path);
        }
    }
}
