//! Configuration of `file-log` and `http-log` (Kong 3.15: `kong/plugins/{file-log,http-log}/schema.lua` and the
//! reference of its plugins).

use super::queue::LINES;
use super::{Field, Kind, MAX_INTEGER, Note, Record, boolean, choice, integer, number, record, word};

const NO_LUA: Field = Field::new("custom_fields_by_lua", Kind::Map(&Kind::Text(0)), "Code for more fields.")
    .note(Note::Refused("this gateway runs no Lua: add or drop fields where the records are collected"));

/// Largest number of milliseconds that Kong takes.
#[allow(clippy::cast_precision_loss)] // Exact: below 2^53.
const LONGEST: f64 = MAX_INTEGER as f64;

pub(crate) static FILE_LOG: Record = Record {
    title: "file-log",
    doc: "Appends the record of each request to a file, one JSON object a line.",
    entity: false,
    fields: &[
        word("path", "The file; made with mode 0644 where it is not there. `/dev/stdout` is standard output.")
            .required(),
        boolean(
            "reopen",
            "Whether the file is opened anew for each write. Without it a file that was moved away is let go when the \
             process gets SIGHUP or SIGUSR1.",
        )
        .or("false"),
        NO_LUA,
    ],
};

pub(crate) static HTTP_LOG: Record = Record {
    title: "http-log",
    doc: "Sends the record of each request to a server.",
    entity: false,
    fields: &[
        word("http_endpoint", "URL of the server; name and password in it are sent as basic authentication.")
            .required()
            .secret(),
        choice("method", &["POST", "PUT", "PATCH"], "Method of the requests.").or("\"POST\""),
        choice(
            "content_type",
            &["application/json", "application/json; charset=utf-8"],
            "Content type of the requests.",
        )
        .or("\"application/json\""),
        number(
            "timeout",
            Some(0.0),
            Some(LONGEST),
            "Milliseconds to connect, and from there to the answer; 0 is a minute.",
        )
        .or("10000"),
        number(
            "keepalive",
            Some(0.0),
            Some(LONGEST),
            "Milliseconds that an idle connection is kept: always 55 s.",
        )
        .or("60000")
        .note(Note::Ignored),
        Field::new("headers", Kind::Map(&Kind::Text(0)), "Headers to send besides.").secret(),
        boolean("ssl_verify", "Whether the server's certificate is verified.").or("true"),
        record("queue", &LINES, "What waits before it is sent."),
        integer("retry_count", 0, MAX_INTEGER, "Without effect.")
            .note(Note::Deprecated("write 'queue.max_retry_time'")),
        integer("queue_size", 1, 1_000_000, "Records a request.")
            .note(Note::Deprecated("write 'queue.max_batch_size'")),
        number("flush_timeout", Some(0.0), Some(3600.0), "Seconds that a record waits for others.")
            .note(Note::Deprecated("write 'queue.max_coalescing_delay'")),
        NO_LUA,
    ],
};
