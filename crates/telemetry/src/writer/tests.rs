//! The writer with sinks that are slow, full or broken.

use std::fs;
use std::io::Write;
use std::sync::mpsc;
use std::time::Instant;

use super::*;
use crate::record::Record;

fn send(writer: &RecordWriter, id: &str) -> Result<(), SendError> {
    let mut line = Vec::new();
    Record { request_id: id, method: "GET", status: 200, ..Record::default() }.write_line(&mut line);
    writer.push(&line)
}

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["request"]["id"].as_str().unwrap().to_owned()
    };
    text.lines().map(id).collect()
}

const ENOUGH: Duration = Duration::from_secs(20);

/// Takes each write only when it is told how many bytes of it, or to fail.
struct Stepped {
    steps: mpsc::Receiver<Option<usize>>,
    out: Arc<Mutex<Vec<u8>>>,
}

impl Write for Stepped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.steps.recv() {
            Ok(Some(limit)) => {
                let part = &bytes[..bytes.len().min(limit)];
                self.out.lock().unwrap().extend_from_slice(part);
                Ok(part.len())
            }
            Ok(None) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            Err(mpsc::RecvError) => {
                self.out.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Steps = mpsc::Sender<Option<usize>>;

fn stepped(capacity: usize) -> (RecordWriter, Steps, Arc<Mutex<Vec<u8>>>) {
    let (send, steps) = mpsc::channel();
    let out = Arc::new(Mutex::new(Vec::new()));
    let sink = Sink::Writer(Box::new(Stepped { steps, out: Arc::clone(&out) }));
    let writer = RecordWriter::with_capacity(sink, Arc::default(), capacity).unwrap();
    (writer, send, out)
}

fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < ENOUGH);
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_file_is_appended_to_and_readable_by_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let metrics = Arc::<WriterMetrics>::default();
    for id in ["one", "two"] {
        let writer = RecordWriter::spawn(Sink::File(path.clone()), Arc::clone(&metrics)).unwrap();
        send(&writer, id).unwrap();
        assert!(writer.close(ENOUGH));
        assert_eq!(send(&writer, "late"), Err(SendError::Closed));
    }
    assert_eq!(ids(&fs::read_to_string(&path).unwrap()), ["one", "two"]);
    assert_eq!((metrics.written.value(), metrics.dropped_closed.value()), (2, 2));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & !0o644, 0, "{mode:o}");
    }
}

#[test]
fn records_come_without_being_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let writer = RecordWriter::spawn(Sink::File(path.clone()), Arc::default()).unwrap();
    for id in ["one", "two"] {
        send(&writer, id).unwrap();
        wait_until(|| fs::read_to_string(&path).unwrap().contains(id));
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::File(folder.path().join("missing/records.jsonl"));
    assert!(RecordWriter::spawn(sink, Arc::default()).is_err());
}

#[test]
fn reopening_lets_a_rotated_file_go() {
    let folder = tempfile::tempdir().unwrap();
    let (path, rotated) = (folder.path().join("r"), folder.path().join("r.1"));
    let writer = RecordWriter::spawn(Sink::File(path.clone()), Arc::default()).unwrap();
    send(&writer, "one").unwrap();
    wait_until(|| fs::read_to_string(&path).unwrap().contains("one"));
    fs::rename(&path, &rotated).unwrap();
    writer.reopen();
    wait_until(|| path.exists());
    send(&writer, "two").unwrap();
    assert!(writer.close(ENOUGH));
    assert_eq!(ids(&fs::read_to_string(&rotated).unwrap()), ["one"]);
    assert_eq!(ids(&fs::read_to_string(&path).unwrap()), ["two"]);
}

/// A writer of plugins' lines that has begun.
fn plugin_writer(sink: Sink, each_time: bool) -> (RecordWriter, Arc<WriterMetrics>) {
    let metrics = Arc::<WriterMetrics>::default();
    let writer = RecordWriter::new(sink, each_time, Arc::clone(&metrics));
    writer.begin().unwrap();
    (writer, metrics)
}

#[test]
fn lines_wait_for_the_start_and_a_second_start_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    let metrics = Arc::<WriterMetrics>::default();
    let writer = RecordWriter::new(Sink::File(path.clone()), false, Arc::clone(&metrics));
    writer.push(b"one\n").unwrap();
    assert_eq!((metrics.waiting.value(), path.exists()), (1, false));
    writer.begin().unwrap();
    writer.begin().unwrap();
    writer.push(b"two\n").unwrap();
    assert!(writer.close(ENOUGH));
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    assert_eq!((metrics.written.value(), metrics.waiting.value(), metrics.lost()), (2, 0, 0));
}

#[test]
fn a_file_that_cannot_be_opened_is_tried_again_for_each_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later/r");
    let (writer, metrics) = plugin_writer(Sink::File(path.clone()), false);
    wait_until(|| metrics.state().0);
    writer.push(b"lost\n").unwrap();
    wait_until(|| metrics.dropped_failed.value() == 1);
    let (failing, error) = metrics.state();
    assert!(failing && error.unwrap().contains("No such file"));
    fs::create_dir(path.parent().unwrap()).unwrap();
    writer.push(b"kept\n").unwrap();
    wait_until(|| metrics.written.value() == 1);
    wait_until(|| !metrics.state().0);
    assert!(writer.close(ENOUGH));
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept\n");
    assert_eq!((metrics.failures.value(), metrics.lost(), metrics.waiting.value()), (2, 1, 0));
}

#[test]
fn a_file_can_be_opened_anew_for_each_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    let (writer, metrics) = plugin_writer(Sink::File(path.clone()), true);
    for (index, line) in [b"one\n", b"two\n"].into_iter().enumerate() {
        writer.push(line).unwrap();
        wait_until(|| metrics.written.value() == index as u64 + 1);
        let rotated = folder.path().join(format!("r.{index}"));
        wait_until(|| fs::rename(&path, &rotated).is_ok());
        assert_eq!(fs::read(&rotated).unwrap(), line);
    }
    assert!(writer.close(ENOUGH));
}

#[test]
fn a_full_disk_is_counted() {
    let (writer, metrics) = plugin_writer(Sink::File("/dev/full".into()), false);
    for _ in 0..3 {
        writer.push(b"lost\n").unwrap();
    }
    assert!(writer.close(ENOUGH));
    assert_eq!((metrics.written.value(), metrics.dropped_failed.value(), metrics.waiting.value()), (0, 3, 0));
    assert!(metrics.state().1.unwrap().contains("No space left"));
}

#[test]
fn a_line_above_the_capacity_is_large_and_not_in_the_way() {
    let (writer, steps, out) = stepped(100);
    drop(steps);
    assert_eq!(writer.push(&[b'x'; 101]), Err(SendError::Full));
    writer.push(b"small\n").unwrap();
    assert!(writer.close(ENOUGH));
    assert_eq!(*out.lock().unwrap(), b"small\n");
    let metrics = &writer.queue.metrics;
    assert_eq!((metrics.dropped_large.value(), metrics.dropped_full.value()), (1, 0));
}

#[test]
fn a_torn_line_is_ended_after_the_file_was_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    let mut output = Output::new(Sink::File(path.clone()), true);
    fs::write(&path, "torn").unwrap();
    output.tear();
    assert_eq!(output.write_lines(b"a\nb\n", 2).0, 2);
    assert_eq!(fs::read_to_string(&path).unwrap(), "torn\na\nb\n");
    output.tear();
    fs::rename(&path, folder.path().join("r.1")).unwrap();
    assert_eq!(output.write_lines(b"c\n", 1).0, 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "c\n", "a new file has nothing torn");
}

#[test]
fn a_blocked_sink_costs_records_and_not_senders() {
    let (writer, steps, out) = stepped(4096);
    let start = Instant::now();
    let mut taken = 0_u64;
    for index in 0..1000 {
        taken += u64::from(send(&writer, &index.to_string()).is_ok());
    }
    assert!(start.elapsed() < ENOUGH);
    // At most two buffers: the one that is being written, and the one that fills.
    assert!((1..60).contains(&taken), "{taken}");
    assert_eq!(writer.queue.metrics.dropped_full.value(), 1000 - taken);
    assert!(!writer.close(Duration::from_millis(30)), "the sink is still blocked");
    let left = writer.queue.metrics.dropped_closed.value();
    drop(steps);
    wait_until(|| writer.queue.metrics.written.value() == taken - left);
    let text = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    assert_eq!(ids(&text).len() as u64, taken - left);
}

#[test]
fn a_failed_write_loses_its_lines_and_breaks_no_other() {
    let (writer, steps, out) = stepped(1 << 20);
    send(&writer, "lost").unwrap();
    steps.send(Some(7)).unwrap();
    steps.send(None).unwrap();
    wait_until(|| writer.queue.metrics.dropped_failed.value() == 1);
    drop(steps);
    send(&writer, "kept").unwrap();
    assert!(writer.close(ENOUGH));
    let text = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    let (torn, rest) = text.split_once('\n').unwrap();
    assert_eq!(torn.len(), 7);
    assert_eq!(ids(rest), ["kept"]);
    assert_eq!(writer.queue.metrics.written.value(), 1);
}

#[test]
fn lines_of_many_senders_stay_whole() {
    let (writer, steps, out) = stepped(8 << 20);
    drop(steps);
    thread::scope(|scope| {
        for sender in 0..4 {
            let writer = &writer;
            scope.spawn(move || {
                for index in 0..500 {
                    send(writer, &format!("{sender}-{index}")).unwrap();
                }
            });
        }
    });
    assert!(writer.close(ENOUGH));
    let text = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    let mut found = ids(&text);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 2000);
}
