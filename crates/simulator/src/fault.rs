//! The faults that a request, a model name or the control path can ask for.

/// Why a list of faults was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no fault is called `{0}`")]
pub struct UnknownFault(pub String);

macro_rules! faults {
    ($($variant:ident $name:literal $what:literal),* $(,)?) => {
        /// One way in which an upstream can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            /// `status_<number>`: an error of that status in the provider's shape.
            Status(u16),
            $(#[doc = $what] $variant),*
        }

        impl Fault {
            /// Every fault with its name and what it does, beside `status_<number>`.
            pub const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $name, $what)),*];
        }
    };
}

faults! {
    Status500Html "status_500_html" "500 with an HTML body.",
    Html200 "html_200" "200 with an HTML body.",
    NotJson200 "not_json_200" "200 that says it is JSON and is not.",
    NoChoices "no_choices" "200 with a JSON object that has no `choices`.",
    NullChoices "null_choices" "200 with `choices` null.",
    EmptyBody "empty_body" "200 with no body at all.",
    TruncatedWhole "truncated_whole" "Content-Length promises more than the body has, then the connection closes.",
    Stall "stall" "Never answers.",
    StallMid "stall_mid" "Stops in the middle of a stream and stays connected.",
    CutMid "cut_mid" "Closes in the middle of a stream, after a whole frame.",
    CutInFrame "cut_in_frame" "Closes in the middle of a frame.",
    EndMid "end_mid" "Ends the HTTP body cleanly in the middle of a stream, before any finish reason.",
    Reset "reset" "Resets the TCP connection in the middle of the answer.",
    ResetFirst "reset_first" "Resets the TCP connection instead of an answer.",
    EarlyClose "early_close" "Closes the connection instead of an answer.",
    NoDone "no_done" "Ends a stream after the finish reason without `[DONE]`.",
    DoubleDone "double_done" "Sends `[DONE]` twice.",
    AfterDone "after_done" "Goes on after `[DONE]`: another chunk, an error, `[DONE]` again.",
    ErrorMid "error_mid" "Sends an error frame in the middle of a stream, then ends.",
    ErrorFirst "error_first" "200, then an error frame before anything else.",
    NotJsonMid "not_json_mid" "Sends one frame in the middle that is not JSON, then goes on.",
    Drip "drip" "Writes byte by byte.",
    Split "split" "Writes every frame in three pieces, inside lines and characters.",
    Burst "burst" "Writes the whole stream at once.",
    Crlf "crlf" "Ends lines with CR LF.",
    CrOnly "cr_only" "Ends lines with CR alone.",
    Bom "bom" "Begins the stream with a byte order mark.",
    Comments "comments" "Puts comment lines, `event`, `id` and `retry` lines between and into the frames.",
    MultiData "multi_data" "Spreads the JSON of each frame over several `data` lines.",
    NoSpace "no_space" "Writes `data:` without a space.",
    BadUtf8 "bad_utf8" "Puts bytes that are no UTF-8 into the text.",
    HugeLine "huge_line" "Makes one frame of `x-sim-size` bytes (1 MiB unless told).",
    NoUsage "no_usage" "Leaves usage out, even where it was asked for.",
    UsageContinuous "usage_continuous" "Puts running usage on every chunk.",
    SlowFirst "slow_first" "Waits before the first byte of the answer (500 ms unless told).",
    SlowBody "slow_body" "Sends the head at once and waits before the first byte of the body (500 ms unless told).",
    Slow "slow" "Waits between chunks (20 ms unless told).",
    Gzip "gzip" "Answers in gzip although it was not asked for.",
    BadGzip "bad_gzip" "Says gzip and sends a gzip stream that is broken after its first bytes.",
    FakeGzip "fake_gzip" "Says gzip and sends plain bytes.",
    HiddenGzip "hidden_gzip" "Sends gzip and does not say so.",
    GzipBomb "gzip_bomb" "Sends 64 MiB of blanks before the JSON, as gzip.",
    CloseAfterResponse "close_after_response" "Closes the connection after the answer without having said so.",
    Redirect "redirect" "302 to another path.",
    Headers "headers" "Adds cookies and hop-by-hop headers to the answer.",
    BigHead "big_head" "Adds 128 KiB of headers to the answer.",
    BadCrc "bad_crc" "Puts a wrong checksum behind a frame in the middle of a binary stream, then goes on.",
    BadPreludeCrc "bad_prelude_crc" "Puts a wrong checksum behind the lengths of a frame of a binary stream, then goes on.",
    HugeLength "huge_length" "Has a frame of a binary stream say that it is 4 GiB long, with right checksums.",
    Big "big" "Makes the text of a whole answer `x-sim-size` bytes (1 MiB unless told).",
}

impl Fault {
    /// Reads one name.
    pub fn parse(name: &str) -> Result<Self, UnknownFault> {
        if let Some((fault, ..)) = Self::ALL.iter().find(|(_, known, _)| *known == name) {
            return Ok(*fault);
        }
        let number = name.strip_prefix("status_").map(|rest| rest.strip_suffix("_json").unwrap_or(rest));
        match number.and_then(|digits| digits.parse::<u16>().ok()) {
            Some(status @ 400..=599) => Ok(Self::Status(status)),
            _ => Err(UnknownFault(name.to_owned())),
        }
    }
}

/// The faults of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    list: Vec<Fault>,
    /// `x-sim-delay`, in milliseconds.
    pub delay: Option<u64>,
    /// `x-sim-size`, in bytes.
    pub size: Option<usize>,
}

impl Faults {
    /// Reads names that commas or pluses separate.
    pub fn parse(names: &str) -> Result<Self, UnknownFault> {
        let mut faults = Self::default();
        for name in names.split([',', '+']).map(str::trim).filter(|name| !name.is_empty()) {
            faults.list.push(Fault::parse(name)?);
        }
        Ok(faults)
    }

    /// Adds the other's faults; its delay and size count where they are given.
    pub fn extend(&mut self, other: &Self) {
        self.list.extend_from_slice(&other.list);
        self.delay = other.delay.or(self.delay);
        self.size = other.size.or(self.size);
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.list.contains(&fault)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The status that an error answer shall have, if one is asked for.
    pub fn status(&self) -> Option<u16> {
        self.list.iter().find_map(|fault| match fault {
            Fault::Status(status) => Some(*status),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let faults = Faults::parse("crlf, drip+status_429").unwrap();
        assert!(faults.has(Fault::Crlf) && faults.has(Fault::Drip));
        assert_eq!(faults.status(), Some(429));
        assert_eq!(Faults::parse("status_500_json").unwrap().status(), Some(500));
        assert_eq!(Faults::parse("status_200"), Err(UnknownFault("status_200".into())));
        assert_eq!(Faults::parse("crfl"), Err(UnknownFault("crfl".into())));
        assert!(Faults::parse("").unwrap().is_empty());
    }
}
