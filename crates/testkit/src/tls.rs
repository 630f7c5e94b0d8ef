//! Certificates made for one test, and TLS in front of a plain server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// A certificate for `localhost` and 127.0.0.1 that signs itself.
pub struct Certificates {
    /// The certificate, which is its own authority.
    pub certificate_pem: String,
    pub key_pem: String,
}

impl Certificates {
    /// Makes a new pair.
    pub fn generate() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        Self { certificate_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem() }
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .map(|read| read.expect("a certificate"))
            .collect()
    }

    pub(crate) fn client(&self, alpn: &[&[u8]]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for certificate in self.chain() {
            roots.add(certificate).expect("a root");
        }
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config
    }

    fn server(&self, alpn: &[&[u8]]) -> ServerConfig {
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).expect("a key");
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(self.chain(), key)
            .expect("a server");
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// TLS in front of a plain server; dropping it stops accepting.
pub struct TlsFront {
    pub addr: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl TlsFront {
    /// Accepts TLS and passes what is inside on to `to`, one thread a connection and direction.
    pub fn start(certificates: &Certificates, to: SocketAddr) -> Self {
        Self::start_for(certificates, to, &[])
    }

    /// The same for clients that offer one of these protocols by ALPN; others are turned away.
    pub fn start_for(certificates: &Certificates, to: SocketAddr, alpn: &[&[u8]]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a listener");
        let addr = listener.local_addr().expect("an address");
        let config = Arc::new(certificates.server(alpn));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                let Ok(socket) = socket else { continue };
                let config = Arc::clone(&config);
                std::thread::spawn(move || pass(socket, config, to));
            }
        });
        Self { addr, stop }
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Wakes the listener; where it fails the thread is gone already.
        let _ = TcpStream::connect_timeout(&self.addr, Duration::from_millis(200));
    }
}

/// Passes bytes both ways until either side ends: reads are short so that one thread can do both.
fn pass(socket: TcpStream, config: Arc<ServerConfig>, to: SocketAddr) {
    let short = Some(Duration::from_millis(2));
    let Ok(mut plain) = TcpStream::connect(to) else {
        return;
    };
    let Ok(session) = rustls::ServerConnection::new(config) else {
        return;
    };
    let mut secure = rustls::StreamOwned::new(session, socket);
    while secure.conn.is_handshaking() {
        if secure.conn.complete_io(&mut secure.sock).is_err() {
            return;
        }
    }
    if secure.sock.set_read_timeout(short).is_err() || plain.set_read_timeout(short).is_err() {
        return;
    }
    let mut buffer = vec![0; 16 << 10];
    loop {
        if !step(&mut secure, &mut plain, &mut buffer) || !step(&mut plain, &mut secure, &mut buffer) {
            return;
        }
    }
}

/// Passes what there is; tells whether it goes on.
fn step(from: &mut impl Read, to: &mut impl Write, buffer: &mut [u8]) -> bool {
    match from.read(buffer) {
        Ok(0) => false,
        Ok(size) => to.write_all(&buffer[..size]).and_then(|()| to.flush()).is_ok(),
        Err(error) => matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}
