//! Tells when a JSON object that comes in pieces is whole.

/// Counts brackets outside of strings. What does not begin as an object is never whole.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ObjectScan {
    state: Scan,
    depth: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Scan {
    #[default]
    Before,
    Inside,
    Text,
    Escape,
    Complete,
    NoObject,
}

impl ObjectScan {
    pub(super) fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            self.state = self.step(byte);
        }
    }

    pub(super) const fn is_complete(self) -> bool {
        matches!(self.state, Scan::Complete)
    }

    fn step(&mut self, byte: u8) -> Scan {
        let space = matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        match (self.state, byte) {
            (Scan::Before | Scan::Inside, b'{') | (Scan::Inside, b'[') => {
                self.depth = self.depth.saturating_add(1);
                Scan::Inside
            }
            (Scan::Inside, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 { Scan::Complete } else { Scan::Inside }
            }
            (Scan::Before | Scan::Complete, _) if space => self.state,
            (Scan::Before | Scan::Complete, _) => Scan::NoObject,
            (Scan::Inside, b'"') | (Scan::Escape, _) => Scan::Text,
            (Scan::Text, b'\\') => Scan::Escape,
            (Scan::Text, b'"') => Scan::Inside,
            (state @ (Scan::Inside | Scan::Text | Scan::NoObject), _) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_complete(pieces: &[&str]) -> bool {
        let mut scan = ObjectScan::default();
        for piece in pieces {
            scan.feed(piece);
        }
        scan.is_complete()
    }

    #[test]
    fn objects_are_complete_at_their_last_brace() {
        for whole in [&["{}"][..], &[" {\"a", "\":[{}", "]}", "\n"], &[r#"{"a":"}\""#, r#"\\"}"#]] {
            assert!(is_complete(whole), "{whole:?}");
        }
        for part in
            [&[][..], &[" "], &["{"], &[r#"{"a":"}"#], &[r#"{"a":"\"}"#], &["[]"], &["x{}"], &["{}", "x"]]
        {
            assert!(!is_complete(part), "{part:?}");
        }
    }
}
