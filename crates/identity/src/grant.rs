//! What an identity has been given, and how long it holds.

use std::time::{Duration, SystemTime};

use auth::{AccessToken, AwsKeys};
use tokio::time::Instant;

/// Nothing is believed to hold longer, whatever its answer says.
const LONGEST: Duration = Duration::from_hours(24);
/// What was read from files is read again after this time.
const REREAD: Duration = Duration::from_mins(5);
/// The shortest pause between two fetches.
pub(crate) const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

pub(crate) enum Issued {
    Aws(AwsKeys),
    Token(AccessToken),
}

/// How long something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// It was given to the process at its start.
    Fixed,
    /// It may be replaced at any time and does not say when.
    Unknown,
    /// Counted from when it came.
    For(Duration),
}

/// Keys or a token, to be used for one request each time.
pub struct Grant {
    issued: Issued,
    lifetime: Lifetime,
    /// From when on it is not used any more; both clocks have to agree that it holds, because one stands still
    /// while the machine sleeps, and the other one is set.
    end: Option<(Instant, SystemTime)>,
}

impl Grant {
    pub(crate) fn new(issued: Issued, lifetime: Lifetime) -> Self {
        let lifetime = match lifetime {
            Lifetime::For(duration) => Lifetime::For(duration.min(LONGEST)),
            other => other,
        };
        let end = match lifetime {
            Lifetime::Fixed | Lifetime::Unknown => None,
            Lifetime::For(duration) => {
                // A request takes a moment to arrive.
                let used = duration.saturating_sub((duration / 10).min(Duration::from_secs(5)));
                Some((Instant::now() + used, SystemTime::now() + used))
            }
        };
        Self { issued, lifetime, end }
    }

    pub(crate) fn token(token: AccessToken, lifetime: Duration) -> Self {
        Self::new(Issued::Token(token), Lifetime::For(lifetime))
    }

    /// A grant for showing what a request would look like; nobody accepts it.
    pub fn example_token() -> Option<Self> {
        let token = AccessToken::new("TOKEN").ok()?;
        Some(Self::new(Issued::Token(token), Lifetime::Fixed))
    }

    /// The same for requests that are signed.
    pub fn example_keys() -> Option<Self> {
        let keys = AwsKeys::new("KEY", "SECRET", None).ok()?;
        Some(Self::new(Issued::Aws(keys), Lifetime::Fixed))
    }

    /// The keys, where it is an identity of AWS.
    pub fn aws_keys(&self) -> Option<&AwsKeys> {
        match &self.issued {
            Issued::Aws(keys) => Some(keys),
            Issued::Token(_) => None,
        }
    }

    /// The token, where it is one of Azure or Google.
    pub fn access_token(&self) -> Option<&AccessToken> {
        match &self.issued {
            Issued::Token(token) => Some(token),
            Issued::Aws(_) => None,
        }
    }

    pub(crate) fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.end.is_none_or(|(tick, time)| Instant::now() < tick && SystemTime::now() < time)
    }

    /// How long after its coming the next one is fetched; none where there is no next one.
    pub(crate) fn refresh_after(&self) -> Option<Duration> {
        match self.lifetime {
            Lifetime::Fixed => None,
            Lifetime::Unknown => Some(REREAD),
            Lifetime::For(lifetime) => Some(refresh_after(lifetime)),
        }
    }
}

/// Ten minutes ahead, or half of what is short anyway. Endpoints that give the old token until shortly before
/// its end are asked again after half of the rest, and so on.
fn refresh_after(lifetime: Duration) -> Duration {
    let ahead = Duration::from_mins(10);
    let pause = if lifetime > ahead * 2 { lifetime.saturating_sub(ahead) } else { lifetime / 2 };
    pause.max(SHORTEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refreshes_come_ahead_of_the_end() {
        let minutes = Duration::from_mins;
        assert_eq!(refresh_after(minutes(60)), minutes(50));
        assert_eq!(refresh_after(minutes(24 * 60)), minutes(24 * 60 - 10));
        assert_eq!(refresh_after(minutes(10)), minutes(5));
        assert_eq!(refresh_after(Duration::from_secs(4)), Duration::from_secs(2));
        assert_eq!(refresh_after(Duration::from_millis(5)), SHORTEST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_holds_for_ever() {
        let token = || AccessToken::new("t").unwrap();
        let grant = Grant::token(token(), Duration::from_secs(u64::MAX));
        assert_eq!(grant.lifetime(), Lifetime::For(LONGEST));
        let grant = Grant::token(token(), Duration::from_secs(100));
        assert!(grant.is_valid());
        tokio::time::advance(Duration::from_secs(96)).await;
        assert!(!grant.is_valid(), "not used in its last seconds");
    }
}
