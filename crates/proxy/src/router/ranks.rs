//! The entries that share one path, kept apart by host, so that many tenants on one path cost no more than one.

use std::collections::HashMap;

/// Ranks of entries, ascending.
#[derive(Debug, Default)]
pub struct Ranks {
    /// Of entries that have no host, or a wildcard among their hosts.
    open: Vec<usize>,
    /// Of the others, by the number of the host.
    by_host: HashMap<u32, Vec<usize>>,
    first: Option<usize>,
}

impl Ranks {
    /// Ranks come in ascending order. `hosts` are the numbers of the entry's hosts where all of them are plain.
    pub fn add(&mut self, rank: usize, hosts: Option<&[u32]>) {
        self.first.get_or_insert(rank);
        let Some(hosts) = hosts else {
            return self.open.push(rank);
        };
        for host in hosts {
            let ranks = self.by_host.entry(*host).or_default();
            if ranks.last() != Some(&rank) {
                ranks.push(rank);
            }
        }
    }

    /// The smallest.
    pub fn first(&self) -> Option<usize> {
        self.first
    }

    /// Those that can fit a host of this number; each part ascends.
    pub fn of_host(&self, host: Option<u32>) -> [&[usize]; 2] {
        let by_host = match host {
            Some(host) if !self.by_host.is_empty() => self.by_host.get(&host),
            _ => None,
        };
        [&self.open, by_host.map_or(&[], Vec::as_slice)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_under_each_of_its_hosts_and_nowhere_else() {
        let mut ranks = Ranks::default();
        assert_eq!(ranks.first(), None);
        ranks.add(3, Some(&[7, 8, 7]));
        ranks.add(4, None);
        ranks.add(9, Some(&[8]));
        assert_eq!(ranks.first(), Some(3));
        assert_eq!(ranks.of_host(None), [&[4][..], &[]]);
        assert_eq!(ranks.of_host(Some(7)), [&[4][..], &[3]]);
        assert_eq!(ranks.of_host(Some(8)), [&[4][..], &[3, 9]]);
        assert_eq!(ranks.of_host(Some(1)), [&[4][..], &[]]);
    }
}
