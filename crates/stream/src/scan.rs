//! Finds where a frame of an event stream ends, however its bytes are cut.

use memchr::memchr2;

const LF: u8 = b'\n';
const CR: u8 = b'\r';

/// Where in a frame the bytes seen so far have ended. Lines end with LF, CRLF or CR.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineScanner {
    /// The current line has bytes in it.
    in_line: bool,
    /// The last byte was a CR: a LF that follows belongs to the same line end.
    after_cr: bool,
}

impl LineScanner {
    /// Goes through the bytes that follow those of the last call. Gives the offset just behind the blank
    /// line that ends the frame, and is then ready for the next frame; nothing where the frame goes on.
    ///
    /// A frame whose blank line ends with CR ends there: whether a LF follows is not known yet, and the
    /// event is not made to wait for it. [`Self::owes_line_feed`] tells that such a LF belongs to that frame.
    pub(crate) fn frame_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..)?;
            let first = *rest.first()?;
            if self.after_cr {
                self.after_cr = false;
                if first == LF {
                    at += 1;
                    continue;
                }
            }
            if !self.in_line {
                if first == LF || first == CR {
                    self.after_cr = first == CR;
                    return Some(at + 1);
                }
                self.in_line = true;
            }
            let end = memchr2(LF, CR, rest)?;
            self.in_line = false;
            self.after_cr = rest.get(end) == Some(&CR);
            at += end + 1;
        }
    }

    /// Asked between two frames: whether a LF that comes now is the rest of the last line end.
    pub(crate) fn owes_line_feed(self) -> bool {
        self.after_cr
    }

    /// Told between two frames that the LF came, or that the last line end is over.
    pub(crate) fn settle_line_feed(&mut self) {
        self.after_cr = false;
    }

    /// What is missing to end the frame here with a blank line.
    pub(crate) fn missing_end(self) -> &'static [u8] {
        match (self.in_line, self.after_cr) {
            // A LF alone would only complete the CR to one line end.
            (true, _) | (false, true) => b"\n\n",
            (false, false) => b"\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_ends_a_frame() {
        for (text, end) in [
            ("data: x\n\nmore", 9),
            ("data: x\r\n\r\nmore", 10),
            ("data: x\r\rmore", 9),
            ("data: x\n\r\nmore", 9),
            ("data: x\r\n\nmore", 10),
            ("\nmore", 1),
        ] {
            assert_eq!(LineScanner::default().frame_end(text.as_bytes()), Some(end), "{text:?}");
        }
        assert_eq!(LineScanner::default().frame_end(b"data: x\r\n"), None);
        assert_eq!(LineScanner::default().frame_end(b"data: x\r"), None);
    }

    #[test]
    fn a_line_end_cut_in_two_is_one_line_end() {
        let mut scanner = LineScanner::default();
        assert_eq!(scanner.frame_end(b"data: x\r"), None);
        assert_eq!(scanner.frame_end(b"\n"), None);
        assert_eq!(scanner.frame_end(b"\r"), Some(1));
        assert!(scanner.owes_line_feed());
    }
}
