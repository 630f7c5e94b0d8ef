//! Accounts of requests that are over wait here for a moment, and become records many at a time.
//!
//! Work that is done for one request between two others finds nothing of itself in the processor's caches; done for many
//! in a row it costs a fraction of that. Whoever reads counts settles first, so that all that is over is counted.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::account::Account;

/// So many are settled by the request that makes them so many.
const BATCH: usize = 32;

/// How long fewer than that wait.
const LINGER: Duration = Duration::from_millis(5);

/// Of requests that are over; they come boxed, and are too large to be moved.
type Open = Vec<Box<Account>>;

#[derive(Default)]
pub struct Ledger {
    open: Mutex<Open>,
    /// There is a first one that waits.
    entered: Notify,
    kept: AtomicBool,
}

impl Ledger {
    /// Takes the account of a request that is over.
    pub fn enter(&self, account: Box<Account>) {
        let mut open = self.lock();
        open.push(account);
        let waiting = open.len();
        if waiting < BATCH {
            drop(open);
            if waiting == 1 {
                self.entered.notify_one();
            }
            return;
        }
        let full = mem::replace(&mut *open, Vec::with_capacity(BATCH));
        drop(open);
        settle_all(full);
    }

    /// Makes records of all accounts that wait.
    pub fn settle(&self) {
        let open = mem::take(&mut *self.lock());
        settle_all(open);
    }

    /// Starts to settle those that wait for too long, once.
    pub fn begin(self: &Arc<Self>) {
        if !self.kept.swap(true, Ordering::Relaxed) {
            let ledger = Arc::clone(self);
            tokio::spawn(async move { ledger.keep().await });
        }
    }

    async fn keep(&self) {
        loop {
            self.entered.notified().await;
            tokio::time::sleep(LINGER).await;
            self.settle();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn settle_all(accounts: Open) {
    let mut line = Vec::new();
    for account in accounts {
        account.settle(&mut line);
    }
}
