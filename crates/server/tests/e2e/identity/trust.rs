//! TLS to the endpoints of identities is that of all other upstreams.

use testkit::{Call, Certificates, IdentityProvider, TlsFront, Upstream};

use super::{CLIENT, azure};
use crate::world::{body, builder};

/// gateway.md 9.2, of 3.13.0.0: the switch for verifying certificates was ignored in calls for tokens.
#[test]
fn calls_for_tokens_verify_certificates_as_other_calls_do() {
    let certificates = Certificates::generate();
    let provider = IdentityProvider::start();
    let front = TlsFront::start(&certificates, provider.addr);
    let upstream = Upstream::start();
    let authority = format!("https://localhost:{}", front.addr.port());
    let status = |more: &str, authority: &str, trusted: bool| {
        let mut builder =
            builder().config(&azure(CLIENT, more), upstream.addr).env("AZURE_AUTHORITY_HOST", authority);
        if trusted {
            builder = builder
                .file("ca.pem", &certificates.certificate_pem)
                .arg("--upstream-ca")
                .arg("@DIR@/ca.pem");
        }
        let gateway = builder.start();
        Call::post("/chat").json(body("hello", "")).send(gateway.proxy).status
    };
    assert_eq!(status("", &authority, false), 500);
    assert!(provider.calls().is_empty(), "no secret went to somebody who is not known");
    assert_eq!(status("", &authority, true), 200);
    assert_eq!(provider.calls().len(), 1);
    let other_name = authority.replace("localhost", "127.0.0.2");
    assert_eq!(status("", &other_name, true), 500);
    // What an operator turns off is off, and for that service's targets alone.
    assert_eq!(status("tls_verify: false", &authority, false), 200);
    assert_eq!(status("tls_verify: true", &authority, false), 500);
}
