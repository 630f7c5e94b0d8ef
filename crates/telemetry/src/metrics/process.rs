//! What Linux says about this process, under the names that every Prometheus client uses.

use std::fs;

use super::exposition::Exposition;
use crate::names;

/// Clock ticks a second in `/proc`: 100 on every architecture that Linux runs on, part of its interface.
const TICKS: u64 = 100;

/// Parts of `/proc/self/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    cpu_ticks: u64,
    threads: u64,
    /// Since boot.
    start_ticks: u64,
    virtual_bytes: u64,
}

/// Writes what can be read; on a system without `/proc` that is nothing.
pub fn render(out: &mut Exposition) {
    let stat = read("/proc/self/stat").as_deref().and_then(parse_stat);
    if let Some(stat) = &stat {
        out.single(&names::PROCESS_CPU, seconds(stat.cpu_ticks));
    }
    let status = read("/proc/self/status");
    if let Some(kibibytes) = status.as_deref().and_then(|text| number_after(text, "VmRSS:")) {
        out.single(&names::PROCESS_RESIDENT, kibibytes.saturating_mul(1024));
    }
    if let Some(stat) = &stat {
        out.single(&names::PROCESS_VIRTUAL, stat.virtual_bytes);
    }
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        // One of them is the handle that reads the folder.
        out.single(&names::PROCESS_FDS, entries.count().saturating_sub(1));
    }
    let limits = read("/proc/self/limits");
    if let Some(limit) = limits.as_deref().and_then(|text| number_after(text, "Max open files")) {
        out.single(&names::PROCESS_MAX_FDS, limit);
    }
    if let Some(stat) = &stat {
        out.single(&names::PROCESS_THREADS, stat.threads);
        let boot = read("/proc/stat");
        if let Some(boot) = boot.as_deref().and_then(|text| number_after(text, "btime")) {
            let ticks = boot.saturating_mul(TICKS).saturating_add(stat.start_ticks);
            out.single(&names::PROCESS_START, seconds(ticks));
        }
    }
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn seconds(ticks: u64) -> String {
    format!("{}.{:02}", ticks / TICKS, ticks % TICKS)
}

/// The first number behind `label`, which opens a line.
fn number_after(text: &str, label: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(label))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name of the program stands in parentheses and may hold anything, so count from the last one.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // proc_pid_stat(5) numbers from 1, and two fields are gone, so field n is at n - 3.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        cpu_ticks: field(14)? + field(15)?,
        threads: field(20)?,
        start_ticks: field(22)?,
        virtual_bytes: field(23)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_program_does_not_matter() {
        let text = "42 (a) b) (c) S 1 42 42 0 -1 4194560 9 0 0 0 150 27 0 0 20 0 3 0 5321 1073741824 250";
        let expected = Stat { cpu_ticks: 177, threads: 3, start_ticks: 5321, virtual_bytes: 1_073_741_824 };
        assert_eq!(parse_stat(text), Some(expected));
        assert_eq!(parse_stat("42 (x) S 1"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn numbers_behind_labels() {
        let text = "VmPeak:\t  9 kB\nVmRSS:\t  1234 kB\nMax open files            1024  4096 files\n";
        assert_eq!(number_after(text, "VmRSS:"), Some(1234));
        assert_eq!(number_after(text, "Max open files"), Some(1024));
        assert_eq!(number_after(text, "btime"), None);
        assert_eq!(seconds(177), "1.77");
        assert_eq!(seconds(5), "0.05");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_seen() {
        let mut out = Exposition::default();
        render(&mut out);
        let text = out.into_text();
        for metric in [
            names::PROCESS_CPU,
            names::PROCESS_RESIDENT,
            names::PROCESS_VIRTUAL,
            names::PROCESS_FDS,
            names::PROCESS_MAX_FDS,
            names::PROCESS_THREADS,
            names::PROCESS_START,
        ] {
            let line = text.lines().find(|line| line.starts_with(metric.name)).unwrap();
            let value: f64 = line.split(' ').nth(1).unwrap().parse().unwrap();
            assert!(value >= 0.0, "{line}");
            assert!(value > 0.0 || metric == names::PROCESS_CPU, "{line}");
        }
    }
}
