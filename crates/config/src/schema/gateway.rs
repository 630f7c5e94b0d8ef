//! Services and routes.

use super::{
    BY_NAME, Field, ID, Kind, MAX_INTEGER, Note, PLUGINS_HERE, Record, TAGS, TEXTS, boolean, choice, integer,
    list, reference, text, word,
};

const PROTOCOLS: &[&str] =
    &["http", "https", "ws", "wss", "grpc", "grpcs", "tcp", "tls", "tls_passthrough", "udp"];

pub(crate) static SERVICE: Record = Record {
    title: "Service",
    doc: "Timeouts, retries and the upstream of routes whose plugins do not choose the target themselves.",
    entity: true,
    fields: &[
        ID,
        word("name", "Unique."),
        boolean("enabled", "The routes of a disabled service match nothing.").or("true"),
        word("url", "Shorthand for protocol, host, port and path."),
        choice("protocol", PROTOCOLS, "How the upstream is spoken to.").or("\"http\""),
        word("host", "Host of the upstream. Required without `url`.").conditional(),
        integer("port", 0, 65_535, "Port of the upstream.").or("80"),
        text("path", "Path before the request's own."),
        integer("retries", 0, 32_767, "Attempts after a failed connection.").or("5"),
        integer("connect_timeout", 1, MAX_INTEGER, "Milliseconds to connect.").or("60000"),
        integer("write_timeout", 1, MAX_INTEGER, "Milliseconds between two writes.").or("60000"),
        integer("read_timeout", 1, MAX_INTEGER, "Milliseconds between two reads.").or("60000"),
        boolean("tls_verify", "Whether the upstream's certificate is verified."),
        integer("tls_verify_depth", 0, 64, "Longest chain of certificates.").note(Note::NoEffect),
        Field::new("ca_certificates", TEXTS, "Authorities to trust, by id.").note(Note::NoEffect),
        reference("client_certificate", &["id"], "Certificate to show to the upstream.").note(Note::NoEffect),
        TAGS,
        list("routes", &Kind::Record(&ROUTE), "Routes to this service."),
        PLUGINS_HERE,
    ],
};

pub(crate) static ROUTE: Record = Record {
    title: "Route",
    doc: "Which requests are meant. All kinds of matchers that are given must match; within a kind, any value.",
    entity: true,
    fields: &[
        ID,
        word("name", "Unique."),
        reference("service", BY_NAME, "The service, where the route does not stand in one."),
        list("protocols", &Kind::Choice(PROTOCOLS), "Transports, all of one family.")
            .or("[\"http\",\"https\"]"),
        Field::new("methods", TEXTS, "HTTP methods in capitals."),
        Field::new("hosts", TEXTS, "Host names; `*` may stand at one end; a port may follow."),
        Field::new("paths", TEXTS, "Prefixes that start with `/`, or regular expressions after `~`."),
        Field::new(
            "headers",
            Kind::Map(&Kind::List(&Kind::Text(1), 1)),
            "Header names with the values that match; a value `~*…` is a regular expression.",
        ),
        Field::new("snis", TEXTS, "TLS server names."),
        list("sources", &Kind::Any, "Client addresses, for TCP.").note(Note::Unsupported),
        list("destinations", &Kind::Any, "Server addresses, for TCP.").note(Note::Unsupported),
        boolean("strip_path", "Whether the matched text leaves the path.").or("true"),
        boolean("preserve_host", "Whether the client's Host header goes upstream.")
            .or("false")
            .note(Note::Ignored),
        integer("regex_priority", -MAX_INTEGER, MAX_INTEGER, "Higher is tried first.").or("0"),
        choice("path_handling", &["v0", "v1"], "How paths are joined.").or("\"v0\"").note(Note::Ignored),
        boolean("request_buffering", "Whether requests are read whole first.").or("true").note(Note::Ignored),
        boolean("response_buffering", "Whether answers are read whole first.").or("true").note(Note::Ignored),
        Field::new(
            "https_redirect_status_code",
            Kind::Code(&[426, 301, 302, 307, 308]),
            "Answer to plain HTTP where only HTTPS is a protocol.",
        )
        .or("426"),
        text("expression", "Matcher of the expressions router.").note(Note::Unsupported),
        integer("priority", 0, super::MAX_EXACT, "Order of the expressions router.").note(Note::Unsupported),
        TAGS,
        PLUGINS_HERE,
    ],
};
