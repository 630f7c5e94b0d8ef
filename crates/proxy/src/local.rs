//! Names of this machine that nobody else can give to it.
//!
//! A page of a foreign site can have its own name resolve to a loopback address and call what listens
//! there as if it were its own server (DNS rebinding). It then has its own name in `Host`.

use std::net::{IpAddr, SocketAddr};

use http::header;
use http::request::Parts;

/// Whether a host, with or without port, is an IP address, `localhost`, or below `localhost`.
pub fn is_local(host: &str) -> bool {
    if host.parse::<SocketAddr>().is_ok() || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    name == "localhost" || name.strip_suffix(".localhost").is_some_and(|label| !label.is_empty())
}

/// Whether a request is for this machine by such a name, and for no other.
pub fn is_for_local(parts: &Parts) -> bool {
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let mut hosts = parts.headers.get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    (authority.is_some() || parts.headers.contains_key(header::HOST))
        && authority.is_none_or(is_local)
        && hosts.all(is_local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn only_local_names_of_the_host_are_taken() {
        for host in [
            "127.0.0.1:8001",
            "127.0.0.1",
            "[::1]:8001",
            "[::1]",
            "localhost",
            "LOCALHOST:1",
            "app.LocalHost:80",
            "10.0.0.7:8001",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "example.com:8001",
            "localhost.example.com",
            "127.0.0.1.example.com",
            ".localhost",
            "notlocalhost",
            "localhost@example.com",
            "example.com:localhost",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn every_name_that_a_request_gives_counts() {
        let is = |uri: &str, hosts: &[&str]| {
            let builder = hosts.iter().fold(Request::get(uri), |builder, host| builder.header("host", *host));
            is_for_local(&builder.body(()).unwrap().into_parts().0)
        };
        assert!(
            is("/", &["localhost"]) && is("http://127.0.0.1/", &[]) && is("http://[::1]:1/", &["localhost"])
        );
        assert!(!is("/", &[]) && !is("/", &["example.com"]) && !is("/", &["localhost", "example.com"]));
        assert!(!is("http://example.com/", &["localhost"]) && !is("http://localhost/", &["example.com"]));
    }
}
