//! "Did you mean": the nearest known name.

/// The candidate nearest to `written`, if it is near enough to be a slip.
pub(crate) fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const LONGEST: usize = 64;
    let length = written.chars().count();
    if length > LONGEST {
        return None;
    }
    let most = (length / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (distance(&fold(written), &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case and separators are the commonest slips and count for nothing.
fn fold(name: &str) -> Vec<char> {
    name.chars()
        .map(|character| if character == '-' { '_' } else { character.to_ascii_lowercase() })
        .collect()
}

/// Edits (insert, remove, replace, swap neighbours) that turn one name into the other.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, left) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, right) in other.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let replace = at(&last, column) + usize::from(left != right);
            let mut best = replace.min(at(&last, column + 1) + 1).min(at(&next, column) + 1);
            let swapped = row > 0
                && column > 0
                && one.get(row - 1) == Some(right)
                && other.get(column - 1) == Some(left);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found() {
        let names = ["route_type", "llm_format", "model", "auth", "azure_instance"];
        assert_eq!(nearest("rout_type", names), Some("route_type"));
        assert_eq!(nearest("route-type", names), Some("route_type"));
        assert_eq!(nearest("zure_instance", names), Some("azure_instance"));
        assert_eq!(nearest("modle", names), Some("model"));
        assert_eq!(nearest("seconds", names), None);
        assert_eq!(nearest(&"x".repeat(100_000), names), None);
    }

    #[test]
    fn distance_counts_edits() {
        let count = |one: &str, other: &str| distance(&fold(one), &fold(other));
        assert_eq!(count("abc", "abc"), 0);
        assert_eq!(count("abc", "acb"), 1);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
    }
}
