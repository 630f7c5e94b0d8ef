//! One identity: what it was given last, and the one task that fetches the next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::fetch::Caller;
use crate::grant::{Lifetime, SHORTEST_PAUSE};
use crate::source::Source;
use crate::{Grant, IdentityError};

/// How long one fetch may take with all its calls.
const FETCH_LIMIT: Duration = Duration::from_secs(15);
/// How long a request waits for a grant.
const WAIT_LIMIT: Duration = Duration::from_secs(10);
/// The longest pause after fetches that failed.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// An identity that is in use. Cheap to ask; fetching is the business of its own task, which ends with it.
pub struct Identity {
    /// For the log: kind and names, no secret.
    name: Box<str>,
    source: Source,
    caller: Caller,
    state: watch::Sender<State>,
    /// Somebody waits for a grant, or nobody needs the identity any more.
    wanted: Arc<Notify>,
    waiting: Mutex<Waiting>,
    begun: AtomicBool,
}

/// The requests that wait for a grant, as far as the log tells of them.
#[derive(Default)]
struct Waiting {
    count: u32,
    /// The id of the first since there were none.
    first: Option<Box<str>>,
}

/// One request that waits, until it is dropped.
struct Waiter<'i>(&'i Identity);

impl<'i> Waiter<'i> {
    fn new(identity: &'i Identity, request_id: &str) -> Self {
        let mut waiting = identity.waiting();
        waiting.count += 1;
        waiting.first.get_or_insert_with(|| request_id.into());
        Self(identity)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        waiting.count = waiting.count.saturating_sub(1);
        if waiting.count == 0 {
            waiting.first = None;
        }
    }
}

#[derive(Default)]
struct State {
    grant: Option<Arc<Grant>>,
    /// Fetches that have ended.
    fetches: u64,
    /// When and why the last fetch failed, if it did.
    failure: Option<(Instant, IdentityError)>,
}

impl State {
    fn valid(&self) -> Option<Arc<Grant>> {
        self.grant.as_ref().filter(|grant| grant.is_valid()).cloned()
    }
}

impl Identity {
    pub(crate) fn new(source: Source, caller: Caller) -> Self {
        Self {
            name: source.name(),
            source,
            caller,
            state: watch::Sender::new(State::default()),
            wanted: Arc::new(Notify::new()),
            waiting: Mutex::default(),
            begun: AtomicBool::new(false),
        }
    }

    /// For people: what it is, without any secret.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is there and valid now.
    pub fn current(&self) -> Option<Arc<Grant>> {
        self.state.borrow().valid()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`Self::grant`] for a request, which the log names where the fetch that it waits for fails.
    pub async fn grant_for(self: &Arc<Self>, request_id: &str) -> Result<Arc<Grant>, IdentityError> {
        let _waiter = Waiter::new(self, request_id);
        self.grant().await
    }

    /// What is valid now, or comes of the fetch under way: waits at most ten seconds, and fails at once where a
    /// fetch failed a moment ago. Asked anew for every attempt of a request.
    pub async fn grant(self: &Arc<Self>) -> Result<Arc<Grant>, IdentityError> {
        let mut state = self.state.subscribe();
        let seen = {
            let now = state.borrow_and_update();
            if let Some(grant) = now.valid() {
                return Ok(grant);
            }
            match &now.failure {
                Some((at, error)) if at.elapsed() < SHORTEST_PAUSE => return Err(error.clone()),
                _ => now.fetches,
            }
        };
        self.begin();
        self.wanted.notify_one();
        let waiting = async {
            // The sender is in `self`, so there is always somebody who may send.
            while state.changed().await.is_ok() {
                let now = state.borrow_and_update();
                if let Some(grant) = now.valid() {
                    return Ok(grant);
                }
                if let Some((_, error)) = now.failure.as_ref().filter(|_| now.fetches > seen) {
                    return Err(error.clone());
                }
            }
            Err(IdentityError::Timeout(WAIT_LIMIT))
        };
        timeout(WAIT_LIMIT, waiting).await.unwrap_or(Err(IdentityError::Timeout(WAIT_LIMIT)))
    }

    /// Starts fetching, once; to be called on a runtime.
    pub fn begin(self: &Arc<Self>) {
        if !self.begun.swap(true, Ordering::AcqRel) {
            tokio::spawn(keep_fresh(Arc::downgrade(self), Arc::clone(&self.wanted)));
        }
    }

    /// Notes what came of a fetch; gives the pause before the next, none where there is none.
    fn note(&self, fetched: Result<Grant, IdentityError>, failures: &mut u32) -> Option<Duration> {
        self.caller.fetch.count(self.source.kind(), fetched.is_ok());
        match fetched {
            Ok(grant) => {
                self.tell_success(&grant, *failures);
                *failures = 0;
                let pause = grant.refresh_after();
                self.state.send_modify(|state| {
                    state.grant = Some(Arc::new(grant));
                    state.fetches += 1;
                    state.failure = None;
                });
                pause
            }
            Err(error) => {
                *failures = failures.saturating_add(1);
                self.tell_failure(&error, *failures);
                self.state.send_modify(|state| {
                    state.fetches += 1;
                    state.failure = Some((Instant::now(), error));
                });
                Some(pause_after(*failures))
            }
        }
    }

    fn tell_success(&self, grant: &Grant, failures: u32) {
        let seconds = match grant.lifetime() {
            Lifetime::For(lifetime) => Some(lifetime.as_secs()),
            Lifetime::Fixed | Lifetime::Unknown => None,
        };
        if failures > 0 {
            tracing::info!(
                identity = &*self.name,
                seconds,
                failures,
                "a credential was fetched after failures"
            );
        } else {
            tracing::debug!(identity = &*self.name, seconds, "a credential was fetched");
        }
    }

    /// The first failure and then ever fewer of a row are told, and every change; with the request that has waited
    /// longest, and how many do.
    fn tell_failure(&self, error: &IdentityError, failures: u32) {
        let state = self.state.borrow();
        let changed = state.failure.as_ref().is_none_or(|(_, before)| before != error);
        if !failures.is_power_of_two() && !changed {
            return;
        }
        let identity = &*self.name;
        let (request_id, waiting) = {
            let waiting = self.waiting();
            (waiting.first.clone(), waiting.count)
        };
        let request_id = request_id.as_deref();
        if state.valid().is_some() {
            tracing::warn!(identity, %error, failures, "a credential could not be refreshed: the old one is valid still");
        } else {
            tracing::error!(request_id, waiting, identity, %error, failures, "no credential could be fetched");
        }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        // Lets the task see that it is over.
        self.wanted.notify_one();
    }
}

/// One, two, four … seconds, up to a minute, a quarter more or less: a herd of gateways falls apart.
fn pause_after(failures: u32) -> Duration {
    let doubled = SHORTEST_PAUSE * 2u32.saturating_pow(failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_PAUSE).mul_f64(0.75 + fastrand::f64() / 2.0)
}

/// Fetches for as long as the identity is in use: when it is due, and when somebody waits.
async fn keep_fresh(identity: Weak<Identity>, wanted: Arc<Notify>) {
    let mut failures = 0;
    while let Some(this) = identity.upgrade() {
        let fetching = timeout(FETCH_LIMIT, this.source.obtain(&this.caller)).await;
        let fetched = fetching.unwrap_or(Err(IdentityError::Timeout(FETCH_LIMIT)));
        let pause = this.note(fetched, &mut failures);
        let ended = Instant::now();
        drop(this);
        let due = async {
            match pause {
                Some(pause) => sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(due);
        loop {
            tokio::select! {
                () = &mut due => break,
                () = wanted.notified() => {
                    let Some(this) = identity.upgrade() else { return };
                    // Who waited may have been served by the fetch that has just ended.
                    if this.current().is_none() {
                        drop(this);
                        sleep_until(ended + SHORTEST_PAUSE).await;
                        break;
                    }
                }
            }
        }
    }
}
