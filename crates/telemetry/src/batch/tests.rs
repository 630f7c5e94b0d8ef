//! The queue with servers that are slow, refuse or never answer. Time stands still but for the waits.

use std::collections::VecDeque;

use tokio::time::sleep;

use super::*;

/// What a server does with one request.
#[derive(Clone, Copy)]
enum Answer {
    Take,
    /// All but so many.
    Keep(u64),
    Refuse,
    Reject,
    Later(Duration),
    Never,
}

/// Does what it is told to, then the last of it for ever; notes when what came.
struct Server {
    script: Mutex<VecDeque<Answer>>,
    then: Answer,
    requests: Mutex<Vec<(Duration, Vec<String>)>>,
    begun: Instant,
}

impl Server {
    fn new(script: &[Answer], then: Answer) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script.iter().copied().collect()),
            then,
            requests: Mutex::default(),
            begun: Instant::now(),
        })
    }

    fn requests(&self) -> Vec<Vec<String>> {
        self.requests.lock().unwrap().iter().map(|(_, entries)| entries.clone()).collect()
    }

    /// Milliseconds from the start to each request.
    fn times(&self) -> Vec<u128> {
        self.requests.lock().unwrap().iter().map(|(at, _)| at.as_millis()).collect()
    }
}

impl Deliver for Server {
    fn deliver<'a>(&'a self, entries: &'a [Bytes]) -> Delivering<'a> {
        let texts = entries.iter().map(|entry| String::from_utf8(entry.to_vec()).unwrap()).collect();
        self.requests.lock().unwrap().push((self.begun.elapsed(), texts));
        let answer = self.script.lock().unwrap().pop_front().unwrap_or(self.then);
        Box::pin(async move {
            match answer {
                Answer::Take => Ok(Delivered::default()),
                Answer::Keep(all_but) => Ok(Delivered { rejected: all_but }),
                Answer::Refuse => Err(DeliveryError::new("answered 500")),
                Answer::Reject => Err(DeliveryError { is_final: true, ..DeliveryError::new("answered 400") }),
                Answer::Later(after) => {
                    Err(DeliveryError { after: Some(after), ..DeliveryError::new("answered 429") })
                }
                Answer::Never => std::future::pending().await,
            }
        })
    }
}

fn batching() -> Batching {
    Batching {
        max_batch: 1,
        max_batch_bytes: usize::MAX,
        linger: Duration::from_secs(1),
        max_entries: 100,
        max_bytes: 1 << 20,
        first_retry: Duration::from_millis(10),
        give_up_after: Some(Duration::from_mins(1)),
        max_retry: Duration::from_mins(1),
        concurrent: false,
    }
}

fn queue(batching: Batching, server: &Arc<Server>) -> (BatchQueue, Arc<WriterMetrics>) {
    let metrics = Arc::new(WriterMetrics::new("http-log:test"));
    let queue = BatchQueue::new(batching, Arc::clone(server) as Arc<dyn Deliver>, Arc::clone(&metrics));
    (queue, metrics)
}

const MOMENT: Duration = Duration::from_millis(1);
const ENOUGH: Duration = Duration::from_mins(10);

#[tokio::test(start_paused = true)]
async fn entries_of_one_go_out_at_once() {
    let server = Server::new(&[], Answer::Take);
    let (queue, metrics) = queue(batching(), &server);
    queue.begin();
    for entry in ["a", "b", "c"] {
        queue.push(entry.as_bytes());
    }
    sleep(MOMENT).await;
    assert_eq!(server.requests(), [["a"], ["b"], ["c"]]);
    assert_eq!((metrics.written.value(), metrics.waiting.value(), metrics.lost()), (3, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_batch_waits_for_others_until_it_is_full() {
    let server = Server::new(&[], Answer::Take);
    let (queue, _metrics) = queue(Batching { max_batch: 3, ..batching() }, &server);
    queue.begin();
    queue.push(b"a");
    sleep(Duration::from_millis(400)).await;
    queue.push(b"b");
    assert!(server.requests().is_empty());
    sleep(Duration::from_millis(700)).await;
    assert_eq!(server.requests(), [["a", "b"]]);
    assert_eq!(server.times(), [1000]);
    for entry in ["c", "d", "e", "f"] {
        queue.push(entry.as_bytes());
    }
    sleep(MOMENT).await;
    assert_eq!(server.requests().last().unwrap(), &["c", "d", "e"]);
    assert!(queue.close(ENOUGH).await);
    assert_eq!(server.requests().last().unwrap(), &["f"], "closing waits for no more");
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_the_start_waits() {
    let server = Server::new(&[], Answer::Take);
    let (queue, metrics) = queue(batching(), &server);
    queue.push(b"a");
    sleep(MOMENT).await;
    assert_eq!(metrics.waiting.value(), 1);
    queue.begin();
    queue.begin();
    sleep(MOMENT).await;
    assert_eq!(server.requests(), [["a"]]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_loses_its_oldest() {
    let server = Server::new(&[Answer::Never], Answer::Take);
    let (queue, metrics) = queue(Batching { max_entries: 3, ..batching() }, &server);
    queue.begin();
    queue.push(b"0");
    sleep(MOMENT).await;
    for index in 1..=10 {
        queue.push(index.to_string().as_bytes());
    }
    assert_eq!(metrics.dropped_full.value(), 7);
    assert_eq!(metrics.waiting.value(), 4, "three, and one under way");
    let state = queue.queue.lock();
    let left: Vec<&[u8]> = state.entries.iter().map(|entry| &**entry).collect();
    assert_eq!(left, [b"8".as_slice(), b"9", b"10"]);
    assert_eq!(state.bytes, 4);
}

#[tokio::test(start_paused = true)]
async fn bytes_are_bounded_as_well() {
    let server = Server::new(&[], Answer::Never);
    let (queue, metrics) = queue(Batching { max_bytes: 100, ..batching() }, &server);
    queue.begin();
    for _ in 0..50 {
        queue.push(&[b'x'; 30]);
        assert!(queue.queue.lock().bytes <= 100);
    }
    queue.push(&[b'x'; 101]);
    assert_eq!(metrics.dropped_large.value(), 1);
    queue.push(&[b'y'; 100]);
    assert_eq!(queue.queue.lock().entries.len(), 1, "room was made for the one");
    assert_eq!(metrics.dropped_full.value(), 50);
    assert_eq!(metrics.waiting.value(), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_come_later_and_later() {
    let server = Server::new(&[Answer::Refuse; 6], Answer::Take);
    let limits = Batching { max_retry: Duration::from_millis(100), ..batching() };
    let (queue, metrics) = queue(limits, &server);
    queue.begin();
    queue.push(b"a");
    sleep(Duration::from_secs(5)).await;
    assert_eq!(server.times(), [0, 10, 30, 70, 150, 250, 350]);
    assert_eq!(server.requests(), vec![["a"]; 7]);
    assert_eq!((metrics.failures.value(), metrics.retries.value()), (6, 6));
    assert_eq!((metrics.written.value(), metrics.lost(), metrics.waiting.value()), (1, 0, 0));
    assert_eq!(metrics.state(), (false, Some("answered 500".into())));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_given_up_in_the_end() {
    let server = Server::new(&[], Answer::Refuse);
    let limits = Batching { give_up_after: Some(Duration::from_secs(2)), max_batch: 2, ..batching() };
    let (queue, metrics) = queue(limits, &server);
    queue.begin();
    queue.push(b"a");
    queue.push(b"b");
    sleep(Duration::from_secs(1)).await;
    assert_eq!((metrics.dropped_failed.value(), metrics.waiting.value()), (0, 2));
    assert!(metrics.state().0);
    sleep(Duration::from_secs(30)).await;
    assert_eq!((metrics.dropped_failed.value(), metrics.waiting.value()), (2, 0));
    let last = *server.times().last().unwrap();
    assert!((2000..6000).contains(&last), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_can_have_one_attempt() {
    let server = Server::new(&[Answer::Refuse], Answer::Take);
    let (queue, metrics) = queue(Batching { give_up_after: None, ..batching() }, &server);
    queue.begin();
    queue.push(b"a");
    queue.push(b"b");
    sleep(MOMENT).await;
    assert_eq!(server.requests(), [["a"], ["b"]]);
    assert_eq!((metrics.dropped_failed.value(), metrics.written.value(), metrics.retries.value()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_process_has_a_deadline_and_counts_each_loss_once() {
    for answer in [Answer::Never, Answer::Refuse] {
        let server = Server::new(&[Answer::Take], answer);
        let (queue, metrics) = queue(batching(), &server);
        queue.begin();
        for entry in ["a", "b", "c", "d"] {
            queue.push(entry.as_bytes());
        }
        sleep(MOMENT).await;
        let begun = Instant::now();
        assert!(!queue.close(Duration::from_secs(5)).await);
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
        sleep(ENOUGH).await;
        queue.push(b"late");
        assert_eq!((metrics.written.value(), metrics.waiting.value()), (1, 0));
        assert_eq!((metrics.dropped_closed.value(), metrics.lost()), (4, 4));
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_process_sends_what_waits() {
    let server = Server::new(&[Answer::Refuse; 3], Answer::Take);
    let limits = Batching { first_retry: Duration::from_secs(40), max_batch: 10, ..batching() };
    let (queue, metrics) = queue(limits, &server);
    queue.begin();
    queue.push(b"a");
    queue.push(b"b");
    sleep(Duration::from_secs(2)).await;
    assert!(queue.close(Duration::from_secs(5)).await, "pauses are cut short");
    assert_eq!((metrics.written.value(), metrics.lost()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_let_go_is_drained_for_a_bounded_time() {
    let server = Server::new(&[Answer::Refuse; 3], Answer::Take);
    let (good, metrics) = queue(batching(), &server);
    good.begin();
    good.push(b"a");
    drop(good);
    sleep(Duration::from_secs(10)).await;
    assert_eq!((metrics.written.value(), metrics.lost()), (1, 0));

    let server = Server::new(&[], Answer::Refuse);
    let (bad, metrics) = queue(Batching { give_up_after: Some(ENOUGH), ..batching() }, &server);
    bad.begin();
    let left = Arc::downgrade(&bad.queue);
    for _ in 0..20 {
        bad.push(b"x");
    }
    drop(bad);
    sleep(DRAIN * 2).await;
    assert_eq!((metrics.written.value(), metrics.lost(), metrics.waiting.value()), (0, 20, 0));
    assert!(left.upgrade().is_none(), "the worker has ended");
}

#[tokio::test(start_paused = true)]
async fn several_requests_at_a_time_where_they_are_wanted() {
    let server = Server::new(&[Answer::Never; 5], Answer::Take);
    let (queue, metrics) = queue(Batching { concurrent: true, ..batching() }, &server);
    queue.begin();
    for index in 0..8 {
        queue.push(index.to_string().as_bytes());
    }
    sleep(MOMENT).await;
    assert_eq!((metrics.written.value(), metrics.waiting.value()), (3, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_lose_nothing_that_fits_and_count_what_does_not() {
    let server = Server::new(&[], Answer::Take);
    let limits = Batching { max_batch: 50, linger: Duration::from_millis(5), max_entries: 500, ..batching() };
    let (queue, metrics) = queue(limits, &server);
    let queue = Arc::new(queue);
    queue.begin();
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let queue = Arc::clone(&queue);
            tokio::task::spawn_blocking(move || {
                for index in 0..2500 {
                    queue.push(format!("{sender}-{index}").as_bytes());
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    assert!(queue.close(Duration::from_secs(20)).await);
    let mut seen: Vec<String> = server.requests().into_iter().flatten().collect();
    let count = seen.len() as u64;
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len() as u64, count, "nothing came twice");
    assert_eq!((metrics.written.value(), metrics.written.value() + metrics.lost()), (count, 10_000));
    assert_eq!(metrics.waiting.value(), 0);
    assert!(server.requests().iter().all(|batch| (1..=50).contains(&batch.len())));
}

#[tokio::test(start_paused = true)]
async fn a_request_has_no_more_bytes_than_it_may() {
    let server = Server::new(&[], Answer::Take);
    let limits = Batching { max_batch: 10, max_batch_bytes: 5, ..batching() };
    let (queue, metrics) = queue(limits, &server);
    for entry in ["aa", "bb", "cc", "ddddddd", "e"] {
        queue.push(entry.as_bytes());
    }
    queue.begin();
    sleep(Duration::from_secs(3)).await;
    assert_eq!(server.requests(), [vec!["aa", "bb"], vec!["cc"], vec!["ddddddd"], vec!["e"]]);
    assert_eq!((metrics.written.value(), metrics.waiting.value()), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_server_will_never_take_is_not_sent_again() {
    let server = Server::new(&[Answer::Reject], Answer::Take);
    let (queue, metrics) = queue(batching(), &server);
    queue.begin();
    queue.push(b"a");
    queue.push(b"b");
    sleep(MOMENT).await;
    assert_eq!(server.requests(), [["a"], ["b"]]);
    assert_eq!((metrics.dropped_failed.value(), metrics.written.value(), metrics.retries.value()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_server_is_given_the_time_that_it_asks_for() {
    let server = Server::new(&[Answer::Later(Duration::from_secs(3))], Answer::Take);
    let (queue, _metrics) = queue(batching(), &server);
    queue.begin();
    queue.push(b"a");
    sleep(Duration::from_secs(5)).await;
    assert_eq!(server.times(), [0, 3000]);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_has_not_kept_is_lost() {
    let server = Server::new(&[Answer::Keep(1), Answer::Take, Answer::Keep(7)], Answer::Take);
    let (queue, metrics) = queue(Batching { max_batch: 2, ..batching() }, &server);
    queue.begin();
    for (entries, (written, lost, failing)) in
        [(["a", "b"], (1, 1, true)), (["c", "d"], (3, 1, false)), (["e", "f"], (3, 3, true))]
    {
        for entry in entries {
            queue.push(entry.as_bytes());
        }
        sleep(MOMENT).await;
        let state = (metrics.written.value(), metrics.dropped_failed.value(), metrics.state().0);
        assert_eq!(state, (written, lost, failing));
    }
    assert_eq!((server.requests().len(), metrics.waiting.value()), (3, 0), "nothing was sent twice");
}
