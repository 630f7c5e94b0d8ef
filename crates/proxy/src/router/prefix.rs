//! The prefixes of all routes, sorted, so that those of one path are found by one binary search.

use super::ranks::Ranks;

/// Every prefix once, each with the ranks of the entries that have it.
#[derive(Debug)]
pub struct PrefixIndex {
    /// By prefix, in the order of bytes.
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    prefix: Box<str>,
    /// The longest other prefix that this one begins with.
    parent: Option<usize>,
    ranks: Ranks,
}

/// Length of what two texts begin with, in bytes.
fn agreement(left: &str, right: &str) -> usize {
    left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count()
}

impl PrefixIndex {
    /// `prefixes` with the ranks of their entries, and the numbers of their hosts where all are plain.
    pub fn new(mut prefixes: Vec<(&str, usize, Option<&[u32]>)>) -> Self {
        prefixes.sort_unstable();
        let mut nodes: Vec<Node> = Vec::new();
        // The prefixes of the one before, outermost first: the parents to be.
        let mut open: Vec<usize> = Vec::new();
        for (prefix, rank, hosts) in prefixes {
            if let Some(last) = nodes.last_mut().filter(|last| *last.prefix == *prefix) {
                last.ranks.add(rank, hosts);
                continue;
            }
            let begins =
                |index: &usize| nodes.get(*index).is_some_and(|node| prefix.starts_with(&*node.prefix));
            while open.last().is_some_and(|index| !begins(index)) {
                open.pop();
            }
            let parent = open.last().copied();
            open.push(nodes.len());
            let mut ranks = Ranks::default();
            ranks.add(rank, hosts);
            nodes.push(Node { prefix: prefix.into(), parent, ranks });
        }
        Self { nodes }
    }

    /// Calls `visit` with the length and the ranks of every prefix of `path`, longest first.
    pub fn each(&self, path: &str, mut visit: impl FnMut(usize, &Ranks)) {
        // Every prefix of the path is the last one that is not above the path, or among its parents: what
        // stands between a prefix of the path and the path itself begins with that prefix.
        let after = self.nodes.partition_point(|node| *node.prefix <= *path);
        let mut next = after.checked_sub(1);
        let mut agreed = None;
        while let Some(node) = next.and_then(|index| self.nodes.get(index)) {
            let agreed = *agreed.get_or_insert_with(|| agreement(&node.prefix, path));
            if node.prefix.len() <= agreed {
                visit(node.prefix.len(), &node.ranks);
            }
            next = node.parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_all_prefixes_and_no_other(
            prefixes in prop::collection::vec("(/[ab]{0,2}){0,3}", 0..20),
            path in "(/[ab]{0,2}){0,4}",
        ) {
            let ranked = prefixes.iter().enumerate().map(|(rank, prefix)| (&**prefix, rank, None)).collect();
            let mut found = Vec::new();
            PrefixIndex::new(ranked).each(&path, |length, ranks| {
                let [open, _] = ranks.of_host(None);
                assert!(open.is_sorted());
                found.extend(open.iter().map(|rank| (length, *rank)));
            });
            prop_assert!(found.is_sorted_by(|left, right| left.0 >= right.0));
            found.sort_unstable();
            let mut expected: Vec<(usize, usize)> = prefixes
                .iter()
                .enumerate()
                .filter(|(_, prefix)| path.starts_with(&***prefix))
                .map(|(rank, prefix)| (prefix.len(), rank))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
