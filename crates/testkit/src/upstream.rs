//! A simulator on a thread of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use simulator::{Options, Outcome, Recorded, Simulator};
use tokio::sync::oneshot;

use crate::{PATIENCE, wait_for};

/// Something for the simulator's thread to do.
type Job = Box<dyn FnOnce(&Simulator) + Send>;

/// A running simulator; dropping it ends it.
pub struct Upstream {
    pub addr: SocketAddr,
    jobs: mpsc::Sender<Job>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Starts one on a free port, with OpenAI's rules where a path names no provider.
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    pub fn start_with(options: Options) -> Self {
        let (told, addr) = mpsc::channel();
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (stop, mut stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let simulator =
                    Simulator::bind_with(([127, 0, 0, 1], 0).into(), options).await.expect("a simulator");
                told.send(simulator.addr).expect("a listener");
                loop {
                    while let Ok(job) = inbox.try_recv() {
                        job(&simulator);
                    }
                    let pause = tokio::time::sleep(std::time::Duration::from_millis(2));
                    tokio::select! {
                        _ = &mut stopped => return,
                        () = pause => {}
                    }
                }
            });
        });
        let addr = addr.recv_timeout(PATIENCE).expect("an address");
        Self { addr, jobs, stop: Some(stop), thread: Some(thread) }
    }

    /// A URL of this simulator.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    fn ask<T: Send + 'static>(&self, job: impl FnOnce(&Simulator) -> T + Send + 'static) -> T {
        let (told, answer) = mpsc::channel();
        let job: Job = Box::new(move |simulator| {
            // The asker may have given up.
            let _ = told.send(job(simulator));
        });
        self.jobs.send(job).expect("a running simulator");
        answer.recv_timeout(PATIENCE).expect("an answer")
    }

    /// All requests that are kept.
    pub fn requests(&self) -> Vec<Recorded> {
        self.ask(Simulator::requests)
    }

    /// The requests that carry the header `x-test` with this value.
    pub fn tagged(&self, tag: &str) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| request.header("x-test") == Some(tag));
        requests
    }

    /// The only request with this tag. Panics where there are none or several.
    pub fn only(&self, tag: &str) -> Recorded {
        let mut requests = self.tagged(tag);
        assert_eq!(requests.len(), 1, "requests tagged {tag}: {requests:?}");
        requests.remove(0)
    }

    /// Waits until the only request with this tag has ended so.
    pub fn wait_for_outcome(&self, tag: &str, outcome: Outcome) -> Recorded {
        wait_for(&format!("{outcome:?} of {tag}"), || {
            self.tagged(tag).into_iter().find(|request| request.outcome == outcome)
        })
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only where the thread is gone.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told on standard error already.
            let _ = thread.join();
        }
    }
}
