//! The line with which the gateway says that it is ready.

use std::collections::BTreeMap;
use std::net::SocketAddr;

/// The addresses of a gateway that is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    pub proxy: SocketAddr,
    pub admin: Option<SocketAddr>,
    pub proxy_tls: Option<SocketAddr>,
    pub status: Option<SocketAddr>,
}

impl Ready {
    /// Reads `ai-proxy ready proxy=http://… admin=http://…`. `None` where it is another line or not right.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim_end().split(' ');
        if words.next()? != "ai-proxy" || words.next()? != "ready" {
            return None;
        }
        let mut fields = BTreeMap::new();
        for word in words {
            let (key, url) = word.split_once('=')?;
            fields.insert(key, url);
        }
        let address = |key: &str, scheme: &str| {
            let url = fields.get(key)?;
            url.strip_prefix(scheme)?.parse().ok()
        };
        Some(Self {
            proxy: address("proxy", "http://")?,
            admin: address("admin", "http://"),
            proxy_tls: address("proxy_tls", "https://"),
            status: address("status", "http://"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_read() {
        let ready =
            Ready::parse("ai-proxy ready proxy=http://127.0.0.1:8000 admin=http://127.0.0.1:8001\n").unwrap();
        assert_eq!(ready.proxy, "127.0.0.1:8000".parse().unwrap());
        assert_eq!(ready.admin, Some("127.0.0.1:8001".parse().unwrap()));
        assert_eq!(ready.proxy_tls, None);
        let line =
            "ai-proxy ready proxy=http://127.0.0.1:1 admin=http://127.0.0.1:2 proxy_tls=https://127.0.0.1:3";
        assert_eq!(Ready::parse(line).unwrap().proxy_tls, Some("127.0.0.1:3".parse().unwrap()));
        assert_eq!(Ready::parse("ai-proxy is ready"), None);
        assert_eq!(Ready::parse(""), None);
    }
}
