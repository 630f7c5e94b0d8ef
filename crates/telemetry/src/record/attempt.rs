//! What was tried to get an answer: one entry for each call, and for each connection that could not be made.

use std::net::IpAddr;
use std::time::Duration;

use super::line::Line;
use super::redact::RedactedUri;

/// One try.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    pub provider: &'static str,
    pub model: Option<&'a str>,
    pub route_type: &'static str,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Without the port.
    pub host: &'a str,
    pub port: u16,
    /// None where there was no connection.
    pub ip: Option<IpAddr>,
    pub uri: RedactedUri<'a>,
    /// Milliseconds of the epoch.
    pub started_at: u64,
    /// Time until there was a connection.
    pub connect: Duration,
    pub status: Option<u16>,
    /// No answer came.
    pub failed: bool,
}

/// All tries of a request, in their order.
pub trait Attempts {
    fn each(&self, visit: &mut dyn FnMut(&Attempt<'_>));
}

impl Attempts for [Attempt<'_>] {
    fn each(&self, visit: &mut dyn FnMut(&Attempt<'_>)) {
        self.iter().for_each(visit);
    }
}

impl<const N: usize> Attempts for [Attempt<'_>; N] {
    fn each(&self, visit: &mut dyn FnMut(&Attempt<'_>)) {
        self.iter().for_each(visit);
    }
}

impl Attempt<'_> {
    /// An entry of `tries`.
    pub(super) fn write_try(&self, line: &mut Line<'_>) {
        line.raw("{\"balancer_start\":").number(self.started_at);
        line.raw(",\"balancer_latency\":").milliseconds(self.connect);
        self.write_address(line);
        line.raw(",\"port\":").number(u64::from(self.port));
        if let Some(status) = self.status {
            line.raw(",\"code\":").number(u64::from(status));
        }
        line.raw(if self.failed { ",\"state\":\"failed\"}" } else { "}" });
    }

    /// An entry of `tried_targets`.
    pub(super) fn write_target(&self, line: &mut Line<'_>) {
        line.raw("{\"provider\":\"").word(self.provider).raw("\"");
        line.optional_text(",\"model\":\"", self.model);
        line.raw(",\"route_type\":\"").word(self.route_type);
        line.raw("\",\"upstream_scheme\":\"").word(self.scheme);
        line.raw("\",\"host\":\"").text(self.host).raw("\"");
        self.write_address(line);
        line.raw(",\"port\":").number(u64::from(self.port));
        line.raw(",\"upstream_uri\":\"").uri(&self.uri).raw("\"}");
    }

    fn write_address(&self, line: &mut Line<'_>) {
        if let Some(ip) = self.ip {
            line.raw(",\"ip\":\"").address(ip);
            line.raw("\"");
        }
    }
}
