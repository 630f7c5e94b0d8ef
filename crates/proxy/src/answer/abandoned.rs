//! A stream whose client has left, read on for the sake of its account.

use std::future::poll_fn;
use std::sync::Arc;

use super::EventStream;
use crate::absence::Absence;
use crate::account::Account;

/// The account is closed when this is dropped, however far it got.
pub(super) struct Abandoned {
    stream: Box<EventStream>,
    account: Option<Box<Account>>,
    /// Bytes that the client has got.
    sent: u64,
}

impl Abandoned {
    pub(super) fn read_on(
        mut stream: Box<EventStream>,
        account: Box<Account>,
        sent: u64,
        absence: Arc<Absence>,
    ) {
        stream.leave();
        let mut abandoned = Self { stream, account: Some(account), sent };
        absence.work_on(async move { poll_fn(|context| abandoned.stream.poll_unheard(context)).await });
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(mut account) = self.account.take() {
            self.stream.settle(&mut account);
            account.close(self.sent);
        }
    }
}
