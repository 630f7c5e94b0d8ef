//! `file-log` and `http-log`.

use super::Builder;
use super::collector::{OldNames, timeout};
use crate::view::View;
use crate::{FileLog, HttpLog, PluginConfig};

/// Characters that Kong takes in no path.
const UNTAKEN: [char; 5] = ['*', '&', '%', '\\', '`'];

pub(crate) fn file_log(builder: &mut Builder<'_>, view: &View<'_>, _enabled: bool) -> Option<PluginConfig> {
    let path = view.text("path")?;
    let edge = |character: Option<char>| character.is_some_and(char::is_whitespace);
    if path.contains(UNTAKEN)
        || edge(path.chars().next())
        || edge(path.chars().next_back())
        || path.contains(char::is_control)
    {
        builder
            .error(view.spot("path").place(), "is not a file name")
            .hint("it may not have any of * & % \\ ` and no spaces at its ends");
    } else if path.ends_with('/') {
        builder.error(view.spot("path").place(), "is a folder");
    }
    Some(PluginConfig::FileLog(Box::new(FileLog { path: path.into(), reopen: view.boolean("reopen") })))
}

pub(crate) fn http_log(builder: &mut Builder<'_>, view: &View<'_>, _enabled: bool) -> Option<PluginConfig> {
    let collector = builder.collector(view, "http_endpoint");
    let headers = builder.sent_headers(view, &["content-type"]);
    let authorized = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if authorized && collector.as_ref().is_some_and(|collector| collector.authorization.is_some()) {
        let message =
            "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed";
        builder.error(view.spot("headers").place(), message);
    }
    let old = OldNames { batch: ("queue_size", 1.0), delay: ("flush_timeout", 2.0) };
    Some(PluginConfig::HttpLog(Box::new(HttpLog {
        collector: collector?,
        method: view.text("method").unwrap_or_default().into(),
        content_type: view.text("content_type").unwrap_or_default().into(),
        timeout: timeout(view, "timeout"),
        headers,
        verify: view.boolean("ssl_verify"),
        queue: Builder::queue(view, &old),
    })))
}
