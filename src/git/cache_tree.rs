//! Reads what an index remembers of trees that were written before: for each folder that has not changed
//! since, the id of its tree.
//!
//! It is a short cut and no more, so of one that is damaged nothing is believed. The format is in git's
//! `Documentation/gitformat-index.adoc`, under "Cache tree".

use super::ObjectFormat;

/// The folders of an index whose trees are known.
#[derive(Debug, Default)]
pub(super) struct CacheTree {
    nodes: Vec<Node>,
    /// Names and ids, as they stand in the index.
    bytes: Vec<u8>,
    id_bytes: usize,
}

/// A folder; those in it come after it.
#[derive(Debug)]
struct Node {
    name: (usize, usize),
    /// Where the id begins; `None` when the folder has changed.
    id: Option<usize>,
    /// The first node that is not in this folder.
    end: usize,
}

impl CacheTree {
    /// Reads the extension `TREE`.
    pub fn parse(bytes: &[u8], format: ObjectFormat) -> Option<Self> {
        let id_bytes = format.id_bytes();
        let mut tree = Self { nodes: Vec::new(), bytes: bytes.to_vec(), id_bytes };
        // The folders that are not at their end yet, and how many are still to come in each.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        loop {
            let name_end = at + memchr::memchr(0, bytes.get(at..)?)?;
            let line_end = name_end + memchr::memchr(b'\n', &bytes[name_end..])?;
            let line = std::str::from_utf8(&bytes[name_end + 1..line_end]).ok()?;
            let (count, folders) = line.split_once(' ')?;
            let (count, folders): (i64, usize) = (count.parse().ok()?, folders.parse().ok()?);
            let name = (at, name_end);
            at = line_end + 1;
            let id = (count >= 0).then_some(at);
            if id.is_some() {
                at += id_bytes;
                bytes.get(..at)?;
            }
            tree.nodes.push(Node { name, id, end: 0 });
            open.push((tree.nodes.len() - 1, folders));
            while let Some((node, 0)) = open.last().copied() {
                tree.nodes[node].end = tree.nodes.len();
                open.pop();
                match open.last_mut() {
                    Some((_, left)) => *left -= 1,
                    None => return Some(tree),
                }
            }
        }
    }

    /// The tree of a folder, which ends in `/` or is empty for the root; `None` when it is not known.
    pub fn find(&self, folder: &[u8]) -> Option<&[u8]> {
        let mut node = self.nodes.first()?;
        let mut at = 0;
        for name in folder.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            let end = node.end;
            at += 1;
            while at < end && &self.bytes[self.nodes[at].name.0..self.nodes[at].name.1] != name {
                at = self.nodes[at].end;
            }
            node = self.nodes.get(at).filter(|_| at < end)?;
        }
        node.id.map(|start| &self.bytes[start..start + self.id_bytes])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(name: &str, count: i64, folders: usize, id: u8) -> Vec<u8> {
        let mut bytes = format!("{name}\0{count} {folders}\n").into_bytes();
        bytes.extend(vec![id; if count < 0 { 0 } else { 20 }]);
        bytes
    }

    #[test]
    fn folders_are_found_by_their_names() {
        let nodes = [("", -1, 2, 0), ("a", 3, 1, 1), ("b", 1, 0, 2), ("c", -1, 1, 0), ("b", 0, 0, 4)];
        let bytes: Vec<u8> =
            nodes.iter().flat_map(|(name, count, folders, id)| node(name, *count, *folders, *id)).collect();
        let tree = CacheTree::parse(&bytes, ObjectFormat::Sha1).expect("it is whole");
        let find = |folder: &str| tree.find(folder.as_bytes()).map(|id| id[0]);
        assert_eq!(["", "a/", "a/b/", "c/", "c/b/"].map(find), [None, Some(1), Some(2), None, Some(4)]);
        assert_eq!(["b/", "a/b/b/", "d/"].map(find), [None; 3]);
        for length in 0..bytes.len() {
            assert!(CacheTree::parse(&bytes[..length], ObjectFormat::Sha1).is_none(), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(
            pieces in prop::collection::vec((".{0,2}", -1_i64..3, 0_usize..4, any::<bool>()), 0..12),
        ) {
            let bytes: Vec<u8> = pieces
                .iter()
                .flat_map(|(name, count, folders, whole)| {
                    let mut bytes = node(name, *count, *folders, 1);
                    bytes.truncate(bytes.len() - usize::from(!whole));
                    bytes
                })
                .collect();
            if let Some(tree) = CacheTree::parse(&bytes, ObjectFormat::Sha1) {
                for folder in ["", "a/", "a/b/c/"] {
                    let _ = tree.find(folder.as_bytes());
                }
            }
        }
    }
}
