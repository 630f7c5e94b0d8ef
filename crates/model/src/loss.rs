//! What a request asked for and its provider could not be told.

use std::borrow::Cow;

/// How a member of a request fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// Left out.
    Dropped,
    /// Reached by other means.
    Emulated,
    /// Replaced by the nearest thing that the provider has.
    Approximated,
}

impl LossKind {
    pub const ALL: [Self; 3] = [Self::Dropped, Self::Emulated, Self::Approximated];

    /// The word used in records and in `X-AI-Proxy-Losses`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Emulated => "emulated",
            Self::Approximated => "approximated",
        }
    }
}

/// One member of a request that did not go out as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Path of the member in the client's body, such as `stream_options.include_usage`.
    pub member: Cow<'static, str>,
    pub kind: LossKind,
}

/// All losses of one request, in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses(Vec<Loss>);

impl Losses {
    pub fn add(&mut self, member: impl Into<Cow<'static, str>>, kind: LossKind) {
        self.0.push(Loss { member: member.into(), kind });
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Loss> {
        self.0.iter()
    }
}
