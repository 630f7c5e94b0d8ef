//! The orderly end: connections are told to finish, then waited for, then ended.

use std::time::Duration;

use tokio::sync::watch;

/// Connections that are ended get this long to let go of what they hold.
const LET_GO: Duration = Duration::from_secs(1);

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Running,
    /// No new requests; those that run may finish.
    Draining,
    /// Whatever still runs is dropped.
    Ended,
}

/// Tells connections how far the end has come, and knows when they are gone.
pub struct Drain {
    phase: watch::Sender<Phase>,
}

/// What a connection hears of the end.
#[derive(Clone)]
pub struct Signal(watch::Receiver<Phase>);

impl Default for Drain {
    fn default() -> Self {
        Self { phase: watch::Sender::new(Phase::Running) }
    }
}

impl Drain {
    pub fn signal(&self) -> Signal {
        Signal(self.phase.subscribe())
    }

    /// Stops accepting and lets running requests end. Those that have not after `deadline` are dropped,
    /// which leaves their records: then the answer is false.
    pub async fn finish(&self, deadline: Duration) -> bool {
        self.phase.send_replace(Phase::Draining);
        if tokio::time::timeout(deadline, self.phase.closed()).await.is_ok() {
            return true;
        }
        self.phase.send_replace(Phase::Ended);
        // What does not let go even then has nothing left to record.
        let _ = tokio::time::timeout(LET_GO, self.phase.closed()).await;
        false
    }
}

impl Signal {
    /// Waits until the end has come this far.
    pub async fn reached(&mut self, phase: Phase) {
        // The sender lives as long as the process serves.
        let _ = self.0.wait_for(|now| *now >= phase).await;
    }
}
