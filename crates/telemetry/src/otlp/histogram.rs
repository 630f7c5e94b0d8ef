//! What an instrument has counted for one set of attributes.

/// A distribution over bounds that the instrument has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    pub count: u64,
    pub sum: f64,
    /// One for each bound, not cumulative, and one for what is above all of them.
    pub buckets: Vec<u64>,
}

impl Distribution {
    /// Counts a value. `bounds` ascend, are inclusive, and are the same each time.
    pub fn add(&mut self, value: f64, bounds: &[f64]) {
        self.buckets.resize(bounds.len() + 1, 0);
        let index = bounds.iter().take_while(|bound| value > **bound).count();
        if let Some(bucket) = self.buckets.get_mut(index) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive() {
        let mut distribution = Distribution::default();
        for value in [0.0, 1.0, 1.5, 2.0, 9.0] {
            distribution.add(value, &[1.0, 2.0]);
        }
        let expected = Distribution { count: 5, sum: 13.5, buckets: vec![2, 2, 1] };
        assert_eq!(distribution, expected);
    }
}
